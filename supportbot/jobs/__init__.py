"""What is done in the background: kinds of jobs, the queue that keeps them, and the worker that runs them."""
