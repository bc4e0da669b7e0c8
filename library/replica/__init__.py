"""What this device holds of everybody's log: taken in, judged, applied, kept as documents."""
