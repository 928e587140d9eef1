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
        var (engine, adam) = (new ExactEngine(parameters), new Adam(parameters.Values.Length));
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
        Assert.Contains($"the run began with other data (SHA-256 {corpus.Sha256}, this: ", other.Message);
        var given = options with { LearningRate = 0.02, Seed = 1 };
        var different = Assert.Throws<ArgumentException>(() => Trainer.Resume(path, corpus, given));
        Assert.Contains("the run began with LearningRate 0.01, not 0.02, Seed 42, not 1", different.Message);
        Assert.Equal(options, Trainer.Resume(path, corpus).Options);
        trainer.Snapshot().Save(path);
        Assert.Contains("a model without training state", Assert.Throws<CheckpointException>(() =>
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
        Assert.StartsWith("after step 2, the last, the parameters are", error.Message, StringComparison.Ordinal);
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
        Assert.Throws<ArgumentException>(() => new Trainer(new(["aq"]), options, all));
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

    [Theory]
    [InlineData(1, 1, 1, 1, 1)]
    [InlineData(1, 16, 4, 16, 1)]
    [InlineData(3, 96, 3, 40, 1)]
    [InlineData(2, 256, 8, 300, 4)]
    [InlineData(1, 8, 2, 2000, 1)]
    [InlineData(1, 64, 64, 500, 1)]
    public void The_memory_that_training_takes_is_foretold(int nLayer, int nEmbd, int nHead, int blockSize, int batchSize)
    {
        var given = new TrainingOptions
        {
            NLayer = nLayer,
            NEmbd = nEmbd,
            NHead = nHead,
            BlockSize = blockSize,
            BatchSize = batchSize,
        };
        var before = GC.GetAllocatedBytesForCurrentThread();
        var trainer = new Trainer(corpus, given);
        var taken = GC.GetAllocatedBytesForCurrentThread() - before;
        const int besides = 250_000; // documents, tokenizer, names
        Assert.InRange(given.MemoryFor(trainer.Config.VocabSize), 0.9 * taken - besides, 1.3 * taken + besides);
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
}
