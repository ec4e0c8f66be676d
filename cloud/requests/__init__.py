"""What the room asks of boxes, whatever it is: written down first, sent until the box has it."""
