"""What is wrong with manifests that their models let pass: each with its path and the remedy, before anything runs."""
