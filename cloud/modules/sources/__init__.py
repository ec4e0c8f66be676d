"""Where figures come from: one small adapter each."""
