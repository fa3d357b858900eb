
  /**
   * Looks up again and again, at the pace that the node sets: never sooner, and
   * up to a fifth later so that players who began together spread out. An error
   * is yielded and ends nothing; break, or abort, when it is of no use to go on.
   */
  async *watch(where: () => Lookup | Promise<Lookup>, options: CallOptions = {}): AsyncGenerator<Answer | ProblemError | ConnectionError> {
    for (;;) {
      const body = await where();
      let pause = 10_000;
      try {
        const answer = await this.postLookup(body, options);
        pause = answer.next_poll_ms;
        yield answer;
      } catch (error) {
        if (error instanceof ProblemError) {
          pause = Math.max(pause, error.retryAfter);
        } else if (!(error instanceof ConnectionError)) {
          throw error;
        }
        yield error;
      }
      pause = Math.min(Math.max(pause, 100), 600_000);
      await this.wait(pause * (1 + this.random() / 5), options.signal);
    }
  }
