"""Warning the public, and hearing what others warn of."""
