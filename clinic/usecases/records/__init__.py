"""What stands about a patient: records that become one, answers before a visit."""
