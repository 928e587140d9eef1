namespace MicroGpt;

/// <summary>Finds the size of a model, and the length of its training, that suit a corpus and a time.</summary>
/// <remarks>
/// <para>
/// It begins with a plan that did well on other texts of that length, tries its neighbours (twice or half the epochs, the
/// next size, and so on), moves to one that does better on held-out documents, and continues from there, until none is
/// better or the rest of the time is needed for the run itself. If the run needs most of the time anyway, one short trial
/// measures the speed of the machine, and the run gets as many steps as fit.
/// </para>
/// <para>The search depends on the machine's speed; the run that it plans depends only on its options.</para>
/// </remarks>
public sealed class PlanSearch
{
    const double Better = 0.002;         // nats: a smaller gain may be chance
    const double ForTrial = 0.1;         // of the budget: the most for the first trial
    const double ForShortTrial = 0.05;   // the same if the run needs most of it
    const double ForRun = 0.93;          // of the time left: the most for the run, since a machine may become slower
    const double Enough = 5;             // epochs, or predictions per parameter; with fewer, a smaller model does better
    const int HeldOutPredictions = 5000; // enough to compare plans

    readonly Corpus corpus;
    readonly Tokenizer tokenizer;
    readonly TimeSpan budget;
    readonly int threads;
    readonly TimeProvider clock;
    readonly long start;
    readonly PlanGrid grid;
    readonly TimeSpan earlierDuration;
    readonly List<Trial> trials;
    HeldOutTenths? tenths;

    /// <summary>Prepares a search, whose time begins now.</summary>
    /// <param name="corpus">The documents to learn, at least <see cref="MinDocuments"/>.</param>
    /// <param name="budget">The time for the trials and the run together; at least a second.</param>
    /// <param name="seed">The seed of each run.</param>
    /// <param name="tokenizer">As for <see cref="Trainer"/>.</param>
    /// <param name="threads">As for <see cref="Trainer"/>.</param>
    /// <param name="earlier">The trials of a search for the same corpus that was stopped, to continue it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The budget is below a second.</exception>
    /// <exception cref="ArgumentException">There are too few documents.</exception>
    public PlanSearch(Corpus corpus, TimeSpan budget, long seed = 42, Tokenizer? tokenizer = null, int threads = 0,
        IEnumerable<Trial>? earlier = null)
        : this(corpus, budget, seed, tokenizer, threads, earlier, TimeProvider.System)
    {
    }

    internal PlanSearch(Corpus corpus, TimeSpan budget, long seed, Tokenizer? tokenizer, int threads,
        IEnumerable<Trial>? earlier, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentOutOfRangeException.ThrowIfLessThan(budget, TimeSpan.FromSeconds(1));
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        if (corpus.Count < MinDocuments)
        {
            throw new ArgumentException(
                $"{corpus.Count} documents are too few to hold out a tenth: at least {MinDocuments} are needed",
                nameof(corpus));
        }
        (this.corpus, this.budget, this.clock) = (corpus, budget, clock);
        this.tokenizer = tokenizer ?? new(corpus);
        this.threads = threads == 0 ? Environment.ProcessorCount : threads;
        start = clock.GetTimestamp();
        grid = new(corpus, seed);
        trials = [.. earlier ?? []];
        earlierDuration = TimeSpan.FromTicks(trials.Sum(trial => trial.Duration.Ticks));
    }

    /// <summary>The fewest documents for which a run can be planned.</summary>
    public static int MinDocuments => 10;

    /// <summary>All trials so far, with earlier ones.</summary>
    public IReadOnlyList<Trial> Trials => trials;

    /// <summary>The best trial.</summary>
    /// <exception cref="InvalidOperationException">There was no trial yet.</exception>
    public Trial Best => trials.Count == 0 ? throw new InvalidOperationException("there was no trial yet")
        : trials.Aggregate((best, trial) => trial.Loss < best.Loss - Better ? trial : best);

    /// <summary>Takes the trials, one per item enumerated.</summary>
    /// <param name="cancellation">Checked before each step.</param>
    /// <exception cref="OperationCanceledException">Cancelled; the trials before are kept.</exception>
    public IEnumerable<Trial> Run(CancellationToken cancellation = default)
    {
        if (trials.Count == 0)
        {
            yield return First(cancellation);
        }
        while (!IsShort && Next() is TrainingOptions options)
        {
            yield return Try(options, Best.Tenths, cancellation);
        }
    }

    /// <summary>
    /// The options of the run on all documents: those of the best trial. After a short trial, as many steps as fit in the
    /// time that is left.
    /// </summary>
    /// <exception cref="InvalidOperationException">There was no trial yet.</exception>
    public TrainingOptions Plan()
    {
        var best = Best;
        return !IsShort ? best.Options : best.Options with
        {
            Steps = (int)Math.Clamp(Left * ForRun / best.StepDuration, 1, grid.Whole(best.Options).Steps),
        };
    }

    /// <summary>The loss of n-grams that were counted and measured on the same documents as the trials.</summary>
    /// <exception cref="InvalidOperationException">There was no trial yet.</exception>
    public double LossOfNGrams() => Tenths(Best.Tenths).LossOfNGrams(Best.Options.BlockSize);

    // Whether the time allows a short trial only.
    bool IsShort => trials[0].Options.Steps < grid.Whole(trials[0].Options).Steps;

    TimeSpan Left => budget - earlierDuration - clock.GetElapsedTime(start);

    HeldOutTenths Tenths(int count) => tenths ??= new(corpus, tokenizer, count, threads, clock);

    Trial Try(TrainingOptions options, int tenths, CancellationToken cancellation)
    {
        var trial = Tenths(tenths).Try(options, cancellation);
        trials.Add(trial);
        return trial;
    }

    Trial First(CancellationToken cancellation)
    {
        var whole = grid.Whole();
        var (options, stepOfWhole) = (whole, StepDuration(whole, cancellation));
        while (grid.Passes(options) * (budget / Duration(options, whole, stepOfWhole)) < Enough
            && grid.Smaller(options) is TrainingOptions smaller)
        {
            options = smaller;
        }
        var run = Duration(options, whole, stepOfWhole);
        if (2 * run > budget * ForRun)
        {
            var steps = budget * ForShortTrial / (run / options.Steps);
            return Try(options with { Steps = (int)Math.Clamp(steps, 1, options.Steps - 1) }, 1, cancellation);
        }
        var wanted = HeldOutPredictions / (grid.Predictions / 10.0) + 1;
        return Try(options, (int)Math.Clamp(Math.Min(wanted, budget * ForTrial * threads / run), 1, 10), cancellation);
    }

    // The next plan to try, if there is one and it fits in the time.
    TrainingOptions? Next()
    {
        var (best, left) = (Best, Left * ForRun);
        return grid.Neighbours(best.Options).FirstOrDefault(options =>
        {
            var run = Duration(options, best.Options, best.StepDuration);
            var rounds = Math.Ceiling((double)best.Tenths / threads);
            return trials.TrueForAll(trial => trial.Options != options) && run * (1 + rounds) < left;
        });
    }

    // How long a run takes, from how long a step of another one took.
    TimeSpan Duration(TrainingOptions options, TrainingOptions other, TimeSpan stepOfOther) =>
        options.Steps * stepOfOther * (grid.Work(options) / grid.Work(other));

    // The fastest of some steps: the first ones have the compiler's time, too. It need not be exact if the run is short.
    TimeSpan StepDuration(TrainingOptions options, CancellationToken cancellation)
    {
        var most = TimeSpan.FromSeconds(Math.Min(2, 0.1 * budget.TotalSeconds));
        var (began, before, fastest) = (clock.GetTimestamp(), clock.GetTimestamp(), TimeSpan.MaxValue);
        foreach (var _ in new Trainer(corpus, options, tokenizer, threads).Run(cancellation))
        {
            var now = clock.GetTimestamp();
            var duration = clock.GetElapsedTime(before, now);
            (before, fastest) = (now, duration < fastest ? duration : fastest);
            if (options.Steps * fastest < budget * ForTrial || clock.GetElapsedTime(began, now) > most)
            {
                break;
            }
        }
        return fastest;
    }
}
