/** A thread that does not come up. */
throw new Error('nothing works here')
