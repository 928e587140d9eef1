namespace MicroGpt;

/// <summary>
/// Trains on nine tenths of a corpus and measures the loss on the tenth that was held out, once or more.
/// </summary>
/// <remarks>One tenth of a short list says little: its loss depends on which lines it has.</remarks>
sealed class HeldOutTenths
{
    readonly Corpus corpus;
    readonly Tokenizer tokenizer;
    readonly (Corpus Train, Corpus HeldOut)[] tenths;
    readonly int threads;
    readonly TimeProvider clock;

    /// <param name="corpus">At least ten documents.</param>
    /// <param name="tokenizer">The vocabulary.</param>
    /// <param name="count">How many tenths are held out, one after the other: 1 to 10.</param>
    /// <param name="threads">How many threads there are.</param>
    /// <param name="clock">Measures the duration of steps.</param>
    public HeldOutTenths(Corpus corpus, Tokenizer tokenizer, int count, int threads, TimeProvider clock)
    {
        (this.corpus, this.tokenizer, this.threads, this.clock) = (corpus, tokenizer, threads, clock);
        tenths = [.. corpus.HoldOutInTurn(parts: 10, count, seed: 0)];
    }

    /// <summary>How many there are.</summary>
    public int Count => tenths.Length;

    /// <summary>The loss of n-grams counted on the same documents.</summary>
    public double LossOfNGrams(int blockSize) => LossOf(Array.ConvertAll(tenths,
        tenth => NGrams.Count(tenth.Train, tokenizer).Evaluate(tenth.HeldOut, blockSize)));

    /// <summary>Tries the options of a run on all documents.</summary>
    public Trial Try(TrainingOptions options, CancellationToken cancellation)
    {
        var start = clock.GetTimestamp();
        var (evaluations, durations) = (new Evaluation?[Count], new TimeSpan[Count]);
        var atOnce = Math.Min(threads, Count);
        Parallel.For(0, Count, new() { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellation }, i =>
            (evaluations[i], durations[i]) = Run(tenths[i], options, atOnce > 1 ? 1 : threads, cancellation));
        var loss = Array.TrueForAll(evaluations, of => of != null) ? LossOf(evaluations!) : double.PositiveInfinity;
        return new(options, Count, loss, clock.GetElapsedTime(start), durations.Max());
    }

    static double LossOf(Evaluation[] evaluations) =>
        evaluations.Sum(of => of.NegativeLogLikelihood) / evaluations.Sum(of => of.Predictions);

    // The evaluation, null if the run diverged; and how long a step took.
    (Evaluation?, TimeSpan) Run(
        (Corpus Train, Corpus HeldOut) tenth, TrainingOptions options, int threads, CancellationToken cancellation)
    {
        var steps = Math.Max(1, (int)((long)options.Steps * tenth.Train.Count / corpus.Count));
        var warmup = Math.Min(options.WarmupSteps, steps - 1);
        var trainer = new Trainer(
            tenth.Train, options with { Steps = steps, WarmupSteps = warmup }, tokenizer, threads);
        var (half, taken) = (clock.GetTimestamp(), 0); // the first half has the time of the compiler, too
        try
        {
            foreach (var step in trainer.Run(cancellation))
            {
                taken++;
                if (step.Step == steps / 2)
                {
                    (half, taken) = (clock.GetTimestamp(), 0);
                }
            }
            var duration = clock.GetElapsedTime(half) / taken;
            return (trainer.Evaluate(tenth.HeldOut, cancellation), duration);
        }
        catch (Exception e) when (e is TrainingDivergedException or InvalidOperationException)
        {
            return (null, TimeSpan.Zero);
        }
    }
}
