"""Which letter a delivery is; alarms to the operator."""
