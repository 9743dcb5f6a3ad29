"""The machines: planning and cost are pure; one module speaks HTTP."""
