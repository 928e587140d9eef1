namespace MicroGpt.Tests;

/// <summary>The search for a plan. A clock of its own makes it the same on every machine.</summary>
public class PlanSearchTests
{
    // Each look at the clock takes the same time, so a search does the same each time.
    sealed class Clock(double milliseconds) : TimeProvider
    {
        long looks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => (long)(++looks * milliseconds * TimeSpan.TicksPerMillisecond);
    }

    static readonly string[] all = [.. File.ReadLines(Path.Join(Golden.Root, "data", "names.txt"))];

    static Corpus Names(int count) => new(all.Take(count));

    // Few and short, for searches that take many trials.
    static Corpus Short() => new(["ab", "ba", "abb", "bab", "aab", "abab", "baba", "b", "a", "bb"]);

    static PlanSearch Search(
        Corpus corpus, double seconds, double milliseconds = 0.1, IEnumerable<Trial>? earlier = null) =>
        new(corpus, TimeSpan.FromSeconds(seconds), 42, null, threads: 1, earlier, new Clock(milliseconds));

    [Fact]
    public void It_moves_to_better_plans_until_no_neighbour_is_better()
    {
        var search = Search(Short(), 3600);
        var trials = search.Run().ToList();
        Assert.Equal(trials, search.Trials);
        Assert.True(trials.Count > 5);
        Assert.Equal(trials.Count, trials.Select(trial => trial.Options).Distinct().Count());
        Assert.All(trials, trial => Assert.InRange(trial.Loss, search.Best.Loss - 0.002, double.PositiveInfinity));
        Assert.True(search.Best.Loss < trials[0].Loss);
        Assert.Equal(search.Best.Options, search.Plan());
        var grid = new PlanGrid(Short(), 42);
        Assert.All(grid.Neighbours(search.Plan()), plan => Assert.Contains(plan, trials.Select(trial => trial.Options)));
    }

    [Fact]
    public void A_trial_is_a_run_on_nine_tenths_measured_on_the_tenth()
    {
        var corpus = Names(30);
        var trial = Search(corpus, 3600).Run().First();
        Assert.Equal(10, trial.Tenths);
        var (sum, predictions, tokenizer) = (0.0, 0L, new Tokenizer(corpus));
        var order = Enumerable.Range(0, 30).ToArray();
        new PythonRandom(0).Shuffle(order.AsSpan());
        foreach (var heldOut in order.Chunk(3))
        {
            var rest = Enumerable.Range(0, 30).Except(heldOut).Select(i => corpus[i]);
            var trainer = new Trainer(new(rest), trial.Options with { Steps = trial.Options.Steps * 9 / 10 }, tokenizer);
            Assert.Equal(trainer.Options.Steps, trainer.Run().Count());
            var evaluation = trainer.Evaluate(heldOut.Order().Select(i => corpus[i]));
            (sum, predictions) = (sum + evaluation.NegativeLogLikelihood, predictions + evaluation.Predictions);
        }
        Assert.Equal(sum / predictions, trial.Loss);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_search_that_was_stopped_continues(int stop)
    {
        var whole = Search(Short(), 3600);
        Assert.True(whole.Run().Count() > stop);
        var cut = Search(Short(), 3600).Run().Take(stop).ToList();
        Assert.Equal(stop, cut.Count);
        var continued = Search(Short(), 3600, earlier: cut);
        Assert.Equal(whole.Trials.Count - stop, continued.Run().Count());
        Assert.Equal(whole.Trials.Select(Known), continued.Trials.Select(Known));
        Assert.Equal(whole.Plan(), continued.Plan());

        static (TrainingOptions, double) Known(Trial trial) => (trial.Options, trial.Loss);
    }

    [Fact]
    public void A_cancelled_search_keeps_the_trials_before()
    {
        using var source = new CancellationTokenSource();
        var search = Search(Short(), 3600);
        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (var trial in search.Run(source.Token))
            {
                source.Cancel();
            }
        });
        Assert.Single(search.Trials);
    }

    [Theory]
    [InlineData(30, 100)]
    [InlineData(2, 7)]
    [InlineData(1, 4)]
    public void If_time_is_short_one_short_trial_finds_how_many_steps_fit(double seconds, double milliseconds)
    {
        // Each step of the first measurement is a look at the clock: in the time there are about 300.
        var search = Search(Names(300), seconds, milliseconds);
        var trial = Assert.Single(search.Run());
        var plan = search.Plan();
        Assert.Equal(1, trial.Tenths);
        Assert.Equal(trial.Options with { Steps = plan.Steps }, plan);
        Assert.True(plan.Steps > trial.Options.Steps);
        Assert.True(plan.Steps * trial.StepDuration.TotalSeconds < 0.97 * seconds);
    }

    [Fact]
    public void It_stops_early_enough_for_the_run()
    {
        var search = Search(Short(), 20, milliseconds: 1);
        var (spent, count) = (0.0, search.Run().Sum(trial => 1));
        spent = search.Trials.Sum(trial => trial.Duration.TotalSeconds);
        Assert.InRange(count, 2, 1000);
        Assert.True(spent + search.Plan().Steps * search.Best.StepDuration.TotalSeconds < 20);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(57)]
    [InlineData(1886)]
    public void The_neighbour_of_a_plan_has_that_plan_as_a_neighbour(int documents)
    {
        var grid = new PlanGrid(Names(documents), 1);
        var (seen, next) = (new HashSet<TrainingOptions>(), new Queue<TrainingOptions>([grid.Whole()]));
        while (seen.Count < 200 && next.TryDequeue(out var plan))
        {
            if (seen.Add(plan))
            {
                Assert.Null(TrainingOption.Contradiction(plan, option => option.Name));
                foreach (var neighbour in grid.Neighbours(plan))
                {
                    if (neighbour.Steps > 20 && neighbour.WeightDecay * neighbour.LearningRate < 0.5) // within the limits
                    {
                        Assert.Contains(plan, grid.Neighbours(neighbour));
                        next.Enqueue(neighbour);
                    }
                }
            }
        }
    }

    [Fact]
    public void The_context_fits_the_documents()
    {
        Assert.Equal(4, new PlanGrid(new(["ab", "abc", "😀b"]), 1).Whole().BlockSize); // with the end
        Assert.Equal(256, new PlanGrid(new([new string('a', 1000)]), 1).Whole().BlockSize);
        using var text = new MemoryStream("To be, or not to be"u8.ToArray());
        Assert.Equal(8, new PlanGrid(Corpus.Load(text, "text", DocumentUnit.Chunk, 8), 1).Whole().BlockSize);
    }

    [Fact]
    public void Too_few_documents_or_too_little_time_are_refused()
    {
        var few = Assert.Throws<ArgumentException>(() => new PlanSearch(Names(9), TimeSpan.FromSeconds(10)));
        Assert.Contains("9 documents are too few", few.Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new PlanSearch(Names(10), TimeSpan.FromSeconds(0.9)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PlanSearch(Names(10), TimeSpan.FromSeconds(-1)));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new PlanSearch(Names(10), TimeSpan.FromSeconds(1), threads: -1));
        Assert.Throws<InvalidOperationException>(() => new PlanSearch(Names(10), TimeSpan.FromSeconds(1)).Plan());
    }

    [Fact]
    public void The_loss_of_n_grams_is_measured_on_the_same_tenths()
    {
        var corpus = Names(60);
        var search = Search(corpus, 3600);
        var trial = search.Run().First();
        var ofNGrams = search.LossOfNGrams();
        Assert.InRange(ofNGrams, 1, 3);
        Assert.InRange(trial.Loss, ofNGrams - 0.5, ofNGrams + 0.5);
    }

    [Fact]
    public void Fit_trains_what_a_plain_run_with_its_options_trains()
    {
        var corpus = Names(30);
        var (trials, steps) = (0, 0);
        var gpt = Gpt.Fit(corpus, TimeSpan.FromSeconds(1), _ => trials++, _ => steps++);
        var options = gpt.Provenance.Options;
        Assert.True(trials > 0);
        Assert.Equal(options.Steps, steps);
        Assert.Equal(Precision.Float32, options.Precision);
        Assert.Equal(Gpt.Train(corpus, options).Parameters.Values, gpt.Parameters.Values);
    }
}
