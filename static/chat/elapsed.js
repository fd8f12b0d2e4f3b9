// Whether so much time has passed since a moment, in milliseconds, by the clock that goes on while the device sleeps.
// Where it was set back by more than that, nobody knows: it counts as passed, so that nothing waits for the clock.
export const hasPassed = (duration, since) => Math.abs(Date.now() - since) >= duration;
