namespace MicroGpt.Tests;

public sealed class TrainerTests : IDisposable
{
    static readonly Corpus corpus = new(["emma", "olivia", "ava", "isabella", "sophia", "mia", "zoë"]);
    static readonly TrainingOptions options = new() { Steps = 30, NEmbd = 8, NHead = 2, BlockSize = 6 };

    readonly string path = Path.GetTempFileName();

    public void Dispose() => File.Delete(path);

    static string Hash(Gpt gpt) => Golden.Sha256(gpt.Parameters.Values);

    [Fact]
    public void Each_step_is_reported()
    {
        var order = corpus.Shuffle(new(42));
        var steps = new Trainer(corpus, options).Run().ToArray();
        Assert.Equal(Enumerable.Range(1, 30), steps.Select(step => step.Step));
        Assert.Equal(Enumerable.Range(0, 30).Select(i => 0.01 * (1 - i / 30.0)), steps.Select(step => step.LearningRate));
        Assert.Equal(Enumerable.Range(0, 30).Select(step => step % 7), steps.Select(step => step.DocumentIndex));
        Assert.All(steps, step => Assert.Equal(order[step.DocumentIndex], step.Document));
        Assert.Equal(steps.Select(step => step.Elapsed).Order(), steps.Select(step => step.Elapsed));
        Assert.True(steps[^1].Loss < steps[0].Loss);
    }

    [Fact]
    public void Same_options_same_model_and_another_seed_another_one()
    {
        Assert.Equal(Hash(Gpt.Train(corpus, options)), Hash(Gpt.Train(corpus, options)));
        Assert.NotEqual(Hash(Gpt.Train(corpus, options)), Hash(Gpt.Train(corpus, options with { Seed = 43 })));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(16)] // more than there are documents
    public void A_batch_is_the_mean_of_its_documents(int size)
    {
        var seen = new Trainer(corpus, options with { BatchSize = size, Steps = 5 });
        var steps = seen.Run().ToArray();

        // The same by the engine alone: gradients added in the order of the documents, then divided by their number.
        var random = new PythonRandom(42);
        var order = corpus.Shuffle(random);
        var tokenizer = new Tokenizer(corpus);
        var parameters = Parameters.Random(new(tokenizer.VocabSize, 1, 8, 6, 2), random);
        var engine = new ExactEngine(parameters, new());
        var adam = new ExactAdam(Moments.Zero(parameters.Values.Length), VectorWidths.InUse);
        for (var step = 0; step < 5; step++)
        {
            var documents = Enumerable.Range(step * size, size).Select(i => order[i % order.Length]).ToArray();
            var gradient = new double[parameters.Values.Length];
            double loss = 0;
            foreach (var (b, document) in documents.Index())
            {
                var one = new double[gradient.Length];
                loss += engine.Backward(tokenizer.Encode(document), one);
                gradient = b == 0 ? one : [.. gradient.Zip(one, (sum, g) => sum + g)];
            }
            adam.Update(parameters.Values, [.. gradient.Select(g => g * (1.0 / size))], step, 0.01 * (1 - step / 5.0));
            loss *= 1.0 / size;
            Assert.Equal(documents[0], steps[step].Document);
            Assert.True(Bits.Same(loss, steps[step].Loss),
                $"step {step + 1}: {Bits.Hex(loss)}, here {Bits.Hex(steps[step].Loss)}");
        }
        Assert.Equal(Golden.Sha256(parameters.Values), Hash(seen.Snapshot()));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_resumed_run_has_the_bits_of_one_that_never_stopped(int batchSize)
    {
        var setting = options with { BatchSize = batchSize };
        var whole = new Trainer(corpus, setting);
        var losses = whole.Run().Select(step => step.Loss).ToArray();
        var samples = whole.Snapshot().Generate().Take(20).ToArray();
        var random = new Random(batchSize);
        int[][] cuts = [[0], [30], [29, 30], [1, 2, 3], .. Enumerable.Range(0, 12).Select(_ =>
            Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(31)).Order().ToArray())];
        foreach (var cut in cuts)
        {
            var trainer = new Trainer(corpus, setting);
            var resumed = new List<double>();
            foreach (var step in cut)
            {
                resumed.AddRange(trainer.Run().Take(step - trainer.Steps).Select(s => s.Loss));
                trainer.Save(path);
                trainer = Trainer.Resume(path, new(corpus), setting);
                Assert.Equal(resumed.Count, trainer.Steps);
            }
            resumed.AddRange(trainer.Run().Select(s => s.Loss));
            Assert.True(losses.SequenceEqual(resumed), $"cut at {string.Join(", ", cut)}: the losses differ");
            Assert.Equal(Hash(whole.Snapshot()), Hash(trainer.Snapshot()));
            Assert.Equal(samples, trainer.Snapshot().Generate().Take(20));
            trainer.Save(path);
            Assert.Equal(samples, Gpt.Load(path).Generate().Take(20));
        }
    }

    [Fact]
    public void Another_run_is_not_resumed()
    {
        var trainer = new Trainer(corpus, options);
        trainer.Save(path);
        var other = Assert.Throws<ArgumentException>(() => Trainer.Resume(path, new(corpus.Append("new"))));
        Assert.Contains($"the run began with other data (SHA-256 {corpus.Sha256}; this is ", other.Message);
        var given = options with { LearningRate = 0.02, Seed = 1 };
        var different = Assert.Throws<ArgumentException>(() => Trainer.Resume(path, corpus, given));
        Assert.Contains("the run began with LearningRate 0.01, not 0.02, Seed 42, not 1", different.Message);
        Assert.Equal(options, Trainer.Resume(path, corpus).Options);
        trainer.Snapshot().Save(path);
        Assert.Contains("has no training state", Assert.Throws<CheckpointException>(() =>
            Trainer.Resume(path, corpus)).Message);
    }

    [Fact]
    public void A_cancelled_run_goes_on_where_it_stopped()
    {
        using var cancellation = new CancellationTokenSource();
        var trainer = new Trainer(corpus, options);
        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (var step in trainer.Run(cancellation.Token))
            {
                if (step.Step == 11)
                {
                    cancellation.Cancel();
                }
            }
        });
        Assert.Equal(11, trainer.Steps);
        Assert.Equal(Enumerable.Range(12, 19), trainer.Run().Select(step => step.Step));
        Assert.Equal(Hash(Gpt.Train(corpus, options)), Hash(trainer.Snapshot()));
        Assert.Throws<OperationCanceledException>(() => Gpt.Train(corpus, options, cancellation: cancellation.Token));
    }

    [Fact]
    public void A_snapshot_is_left_alone_by_further_steps()
    {
        var trainer = new Trainer(corpus, options);
        var snapshot = trainer.Snapshot();
        var before = Hash(snapshot);
        Assert.Equal(30, trainer.Run().Count());
        Assert.Equal(before, Hash(snapshot));
        Assert.Equal((0, 30), (snapshot.Provenance.Steps, trainer.Snapshot().Provenance.Steps));
    }

    [Theory]
    [InlineData(1e160)] // a sum of squares overflows
    [InlineData(1e308)] // the parameters do
    public void A_diverged_run_stops_and_keeps_the_last_good_parameters(double learningRate)
    {
        var wild = options with { LearningRate = learningRate };
        var trainer = new Trainer(corpus, wild);
        var good = new List<string> { Hash(trainer.Snapshot()) };
        var error = Assert.Throws<TrainingDivergedException>(() =>
        {
            foreach (var step in trainer.Run())
            {
                good.Add(Hash(trainer.Snapshot()));
            }
        });
        Assert.Equal(good.Count, error.Step);
        Assert.Contains($"the loss of step {error.Step} is ", error.Message);
        Assert.Equal(good[error.Step - 2], Hash(error.LastGood));
        Assert.Equal(good[error.Step - 2], Hash(trainer.Snapshot()));
        Assert.All(error.LastGood.Parameters.Values, value => Assert.True(double.IsFinite(value)));
        error.LastGood.Save(path);
        Assert.Equal(error.LastGood.Provenance, Gpt.Load(path).Provenance);
        Assert.Equal(error.Step - 2, error.LastGood.Provenance.Steps);
        Assert.Throws<InvalidOperationException>(() => trainer.Save(path));
        Assert.Empty(trainer.Run());
    }

    [Fact]
    public void A_run_that_diverges_in_its_last_step_is_no_success()
    {
        // A sum of squares is infinite, its inverse root 0, their product NaN; the loss of step 2 does not show it.
        var wild = options with { LearningRate = 1e160, Steps = 2 };
        var error = Assert.Throws<TrainingDivergedException>(() => Gpt.Train(corpus, wild));
        Assert.StartsWith(
            "the parameters are not finite after step 2, the last", error.Message, StringComparison.Ordinal);
        Assert.Equal((2, 1), (error.Step, error.LastGood.Provenance.Steps));
        Assert.All(error.LastGood.Parameters.Values, value => Assert.True(double.IsFinite(value)));
    }

    [Fact]
    public void A_tokenizer_of_all_documents_lets_a_part_be_trained()
    {
        var (train, validation) = new Corpus(["aa", "ab", "xz", "zy"]).Split(0.5, seed: 1);
        var all = new Tokenizer(train.Concat(validation));
        var trainer = new Trainer(train, options, all);
        Assert.Equal(30, trainer.Run().Count());
        Assert.Equal(2, trainer.Snapshot().Evaluate(validation).Documents);
        trainer.Save(path);
        Assert.Equal(all.Characters, Trainer.Resume(path, train).Snapshot().Tokenizer.Characters);
        Assert.Throws<UnknownCharacterException>(() => new Trainer(new(["aq"]), options, all));
    }

    [Fact]
    public void Impossible_options_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrainingOptions { Steps = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrainingOptions { NLayer = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrainingOptions { NEmbd = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrainingOptions { NHead = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrainingOptions { BlockSize = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrainingOptions { BatchSize = 0 });
        Assert.All([0, -1, double.NaN, double.PositiveInfinity], rate =>
            Assert.Throws<ArgumentOutOfRangeException>(() => new TrainingOptions { LearningRate = rate }));
        Assert.Throws<ArgumentException>(() => new Trainer(corpus, options with { NHead = 3 }));
    }

    [Fact]
    public void A_step_allocates_nothing()
    {
        var trainer = new Trainer(corpus, options with { Steps = 1000, BatchSize = 2 });
        using var steps = trainer.Run().GetEnumerator();
        for (var i = 0; i < 20; i++)
        {
            steps.MoveNext();
        }
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            steps.MoveNext();
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    static readonly TrainingOptions float32 = options with { Precision = Precision.Float32, BatchSize = 3 };

    // Each option that only float32 has, alone, and all together.
    public static MatrixTheoryData<string, int> Float32OptionsAndThreads => new([.. Float32Options], [1, 2, 5]);

    public static TheoryData<string> Float32Options =>
        ["", "Optimizer muon", "LossAverage tokens", "Optimizer muon LossAverage tokens"];

    static TrainingOptions Float32With(string options) => options.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Chunk(2).Aggregate(float32, (o, pair) => TrainingOption.All.Single(x => x.Name == pair[0]).With(o, pair[1]));

    [Theory]
    [MemberData(nameof(Float32OptionsAndThreads))]
    public void Float32_has_the_same_bits_with_any_number_of_threads(string options, int threads)
    {
        var setting = Float32With(options);
        var (one, some) = (new Trainer(corpus, setting, threads: 1), new Trainer(corpus, setting, threads: threads));
        Assert.Equal(one.Run().Select(step => step.Loss), some.Run().Select(step => step.Loss));
        Assert.Equal(Hash(one.Snapshot()), Hash(some.Snapshot()));
        Assert.Equal(one.Evaluate(corpus), some.Evaluate(corpus));
    }

    [Theory]
    [MemberData(nameof(Float32Options))]
    public void Float32_resumes_with_the_same_bits_in_half_the_file(string options)
    {
        var setting = Float32With(options) with { GradientClip = 0.5, WeightDecay = 0.1, WarmupSteps = 4 };
        var whole = new Trainer(corpus, setting);
        var losses = whole.Run().Select(step => step.Loss).ToArray();
        for (var cut = 0; cut <= setting.Steps; cut += 6)
        {
            var trainer = new Trainer(corpus, setting, threads: 2);
            Assert.Equal(losses[..cut], trainer.Run().Take(cut).Select(step => step.Loss));
            trainer.Save(path);
            var resumed = Trainer.Resume(path, corpus, setting, threads: 1);
            Assert.Equal(losses[cut..], resumed.Run().Select(step => step.Loss));
            Assert.Equal(Hash(whole.Snapshot()), Hash(resumed.Snapshot()));
        }
        var numbers = 3 * whole.Config.ParameterCount;
        Assert.InRange(new FileInfo(path).Length, 4 * numbers, 4 * numbers + 8192);
        whole.Snapshot().Save(path);
        Assert.InRange(new FileInfo(path).Length, 4 * numbers / 3, 4 * numbers / 3 + 8192);
        Assert.Equal(Hash(whole.Snapshot()), Hash(Gpt.Load(path))); // nothing was rounded
        Assert.Equal(setting, Gpt.Load(path).Provenance.Options);
        var error = Assert.Throws<CheckpointException>(() => Trainer.Resume(path, corpus));
        Assert.Contains("has no training state", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Precision.Float64)]
    [InlineData(Precision.Float32)]
    public void Float32_and_float64_learn_the_same(Precision precision)
    {
        var setting = options with
        {
            Precision = precision,
            BatchSize = 2,
            GradientClip = 0.3,
            WeightDecay = 0.2,
            WarmupSteps = 5,
            LearningRateDecay = LearningRateDecay.Cosine,
        };
        var trainer = new Trainer(corpus, setting);
        var losses = trainer.Run().Select(step => step.Loss).ToArray();

        // The same by the formulas alone, in float64.
        var random = new PythonRandom(42);
        var order = corpus.Shuffle(random);
        var tokenizer = new Tokenizer(corpus);
        var parameters = Parameters.Random(new(tokenizer.VocabSize, 1, 8, 6, 2), random);
        var (engine, p) = (new ExactEngine(parameters, new()), parameters.Values);
        var (g, one, m, v) = (new double[p.Length], new double[p.Length], new double[p.Length], new double[p.Length]);
        for (var step = 0; step < setting.Steps; step++)
        {
            var (first, second) = (order[2 * step % 7], order[(2 * step + 1) % 7]);
            var loss = engine.Backward(tokenizer.Encode(first), g) + engine.Backward(tokenizer.Encode(second), one);
            Assert.Equal(loss / 2, losses[step], precision == Precision.Float64 ? 1e-12 : 1e-4);
            g = [.. g.Zip(one, (a, b) => (a + b) / 2)];
            var norm = Math.Sqrt(g.Sum(x => x * x));
            var shorten = norm > 0.3 ? 0.3 / norm : 1;
            var rate = step < 5 ? 0.01 * (step + 1) / 6 : 0.01 * (1 + Math.Cos(Math.PI * (step - 5) / 25)) / 2;
            for (var i = 0; i < p.Length; i++)
            {
                m[i] = 0.85 * m[i] + 0.15 * g[i] * shorten;
                v[i] = 0.99 * v[i] + 0.01 * g[i] * shorten * g[i] * shorten;
                p[i] -= rate * 0.2 * p[i];
                p[i] -= rate * (m[i] / (1 - Math.Pow(0.85, step + 1)))
                    / (Math.Sqrt(v[i] / (1 - Math.Pow(0.99, step + 1))) + 1e-8);
            }
        }
        var found = trainer.Snapshot().Parameters.Values;
        for (var i = 0; i < p.Length; i++)
        {
            Assert.Equal(p[i], found[i], precision == Precision.Float64 ? 1e-12 : 1e-4);
        }
    }

    [Fact]
    public void The_learning_rate_rises_then_falls_to_0()
    {
        var rates = Rates(new() { Steps = 10, WarmupSteps = 4, LearningRate = 5 });
        Assert.Equal([1, 2, 3, 4, 5, .. Enumerable.Range(1, 5).Select(i => 5 * (1 - i / 6.0))], rates);
        var cosine = Rates(new() { Steps = 4, LearningRate = 1, LearningRateDecay = LearningRateDecay.Cosine });
        Assert.Equal([1, (1 + Math.Sqrt(0.5)) / 2, 0.5, (1 - Math.Sqrt(0.5)) / 2], cosine.Select(r => Math.Round(r, 15)),
            (a, b) => Math.Abs(a - b) < 1e-14);
        Assert.Throws<ArgumentException>(() => new Trainer(corpus, new() { Steps = 4, WarmupSteps = 4 }));

        static double[] Rates(TrainingOptions options) =>
            [.. Enumerable.Range(0, options.Steps).Select(options.RateOf)];
    }

    [Theory]
    [InlineData(Precision.Float64)]
    [InlineData(Precision.Float32)]
    public void A_trainer_evaluates_as_its_model_does(Precision precision)
    {
        var trainer = new Trainer(corpus, options with { Precision = precision, BatchSize = 3 });
        foreach (var _ in trainer.Run().Take(10))
        {
        }
        string[] documents = [.. corpus, "a", "sophiasophia", "mmmmm"];
        var (found, expected) = (trainer.Evaluate(documents), trainer.Snapshot().Evaluate(documents));
        Assert.Equal(expected with { NegativeLogLikelihood = 0 }, found with { NegativeLogLikelihood = 0 });
        Assert.Equal(expected.Loss, found.Loss, precision == Precision.Float64 ? 1e-12 : 1e-5);
        Assert.Throws<ArgumentException>(() => trainer.Evaluate([]));
        Assert.Throws<UnknownCharacterException>(() => trainer.Evaluate(["x!"]));
        Assert.Throws<UnknownCharacterException>(() => trainer.Evaluate(["sophiasophia!"])); // beyond the block
        Assert.Equal(20, trainer.Run().Count()); // it goes on as if nothing had been asked
    }

    [Fact]
    public void Float32_that_diverges_keeps_the_last_good_model()
    {
        var trainer = new Trainer(corpus, float32 with { LearningRate = 1e30, Steps = 200 });
        var error = Assert.Throws<TrainingDivergedException>(() => trainer.Run().Count());
        Assert.All(error.LastGood.Parameters.Values, value => Assert.True(double.IsFinite(value)));
        Assert.Throws<InvalidOperationException>(() => trainer.Save(path));
    }

    [Fact]
    public void An_option_out_of_its_range_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrainingOptions { WarmupSteps = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrainingOptions { GradientClip = double.NaN });
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrainingOptions { WeightDecay = -0.1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrainingOptions { Precision = (Precision)7 });
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new TrainingOptions { LearningRateDecay = (LearningRateDecay)2 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Trainer(corpus, options, threads: -1));
        Assert.Throws<ArgumentException>(() => new Trainer(corpus, options with { WeightDecay = 100 }));
        Assert.True(new TrainingOptions { BatchSize = 600_000_000 }.MemoryFor(27) > 4e10);
    }

    [Theory]
    [InlineData(Precision.Float64)]
    [InlineData(Precision.Float32)]
    public void A_run_can_start_from_a_trained_model(Precision precision)
    {
        var corpus = new Corpus(["anna", "hanna", "nana", "anan", "hannah"]);
        var options = new TrainingOptions { Steps = 30, NEmbd = 8, NHead = 2, Precision = precision };
        var start = Gpt.Train(corpus, options);
        var before = start.Parameters.Sha256();
        var other = new Corpus(["hahaha", "naha"]);
        var trainer = Trainer.StartFrom(start, other, options with { Steps = 20, Seed = 7 });
        Assert.Equal(start.Parameters.Values, trainer.Snapshot().Parameters.Values);
        Assert.Equal(start.Evaluate(other).Loss, trainer.Evaluate(other).Loss);
        Assert.Equal((before, other.Sha256), (trainer.Provenance.StartSha256, trainer.Provenance.CorpusSha256));
        var path = Path.GetTempFileName();
        foreach (var step in trainer.Run())
        {
            if (step.Step == 10)
            {
                trainer.Save(path);
            }
        }
        Assert.True(trainer.Evaluate(other).Loss < start.Evaluate(other).Loss);
        Assert.Equal(before, start.Parameters.Sha256()); // it trains a copy

        var resumed = Trainer.Resume(path, other);
        Assert.Equal(10, resumed.Run().Count());
        Assert.Equal(trainer.Snapshot().Parameters.Values, resumed.Snapshot().Parameters.Values);
        Assert.Equal(trainer.Provenance, Gpt.Load(path).Provenance with { Steps = 20 });
        File.Delete(path);
    }

    [Fact]
    public void A_model_of_another_size_or_other_characters_is_no_start()
    {
        var start = Gpt.Train(new Corpus(["anna"]), new() { Steps = 1 });
        var corpus = new Corpus(["nana"]);
        Assert.Contains("NEmbd = 32", Assert.Throws<ArgumentException>(
            () => Trainer.StartFrom(start, corpus, new() { NEmbd = 32 })).Message);
        Assert.Throws<ArgumentException>(() => Trainer.StartFrom(start, corpus, new() { BlockSize = 8 }));
        Assert.Throws<ArgumentException>(() => Trainer.StartFrom(start, corpus, new() { Steps = 5, WarmupSteps = 5 }));
        Assert.Throws<UnknownCharacterException>(() => Trainer.StartFrom(start, new(["hanna"]), new()));
    }
}
