"""Alert rules, the one policy tree, the contact point and the mute timings, as code."""
