"""What backends share to write code: layout, names, types, conditions, schedules."""
