"""What every role runs on: queue, workers, settings, health, metrics, watches."""
