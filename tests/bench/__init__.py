"""Speed and memory, as ratios of two things measured in turns in one run: absolute times of a busy machine mean little."""
