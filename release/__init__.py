"""What a release is made of and has to pass: `make release-check`."""
