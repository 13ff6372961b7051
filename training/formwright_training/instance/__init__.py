"""What runs on a training instance: fetch by digest, train, report, save, and leave when told to."""
