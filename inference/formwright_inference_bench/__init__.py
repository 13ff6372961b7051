"""What the service is measured against: other ways to run the same model, and the hardware's bound."""
