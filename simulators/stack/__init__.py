"""The whole local stack as real processes: started in order, kept up, stopped in order."""
