namespace MicroGpt.Tests;

/// <summary>What <see cref="TrainingOptions.MemoryFor"/> foretells against what a run allocates.</summary>
public class MemoryTests
{
    static readonly Corpus corpus = new(["emma", "olivia", "ava", "isabella", "sophia", "mia", "amelia"]);

    public static MatrixTheoryData<(int Layer, int Embd, int Head, int Block, int Batch), Precision, int> Runs => new(
        [
            (1, 1, 1, 1, 1), (1, 16, 4, 16, 1), (1, 16, 4, 16, 16), (3, 96, 3, 40, 1), (2, 256, 8, 300, 4),
            (1, 8, 2, 2000, 1), (1, 64, 64, 500, 1), (1, 8, 2, 8, 3000), (4, 128, 4, 64, 12), (2, 20, 5, 100, 7),
        ],
        [Precision.Float64, Precision.Float32],
        [1, 2, 7]);

    [Theory]
    [MemberData(nameof(Runs))]
    public void The_memory_that_training_takes_is_foretold(
        (int Layer, int Embd, int Head, int Block, int Batch) shape, Precision precision, int threads)
    {
        var options = new TrainingOptions
        {
            NLayer = shape.Layer,
            NEmbd = shape.Embd,
            NHead = shape.Head,
            BlockSize = shape.Block,
            BatchSize = shape.Batch,
            Precision = precision,
        };
        Foretold(options, threads);
    }

    static void Foretold(TrainingOptions options, int threads)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var trainer = new Trainer(corpus, options, threads: threads);
        var step = trainer.Run(TestContext.Current.CancellationToken).First();
        var taken = GC.GetAllocatedBytesForCurrentThread() - before;
        const int besides = 250_000; // documents, tokenizer, names
        Assert.Equal(1, step.Step);
        var estimate = options.MemoryFor(trainer.Config.VocabSize, threads);
        Assert.InRange(estimate, 0.95 * taken - besides, 1.1 * taken + besides);
    }

    [Fact]
    public void The_memory_that_Muon_takes_is_foretold()
    {
        var options = new TrainingOptions { Precision = Precision.Float32, Optimizer = Optimizer.Muon, NLayer = 3 };
        foreach (var nEmbd in new[] { 4, 68, 256 })
        {
            Foretold(options with { NEmbd = nEmbd }, threads: 2);
        }
    }

    [Fact]
    public void An_engine_that_only_evaluates_is_small()
    {
        foreach (var precision in new[] { Precision.Float64, Precision.Float32 })
        {
            var parameters = Parameters.Random(new(27, NEmbd: 512, BlockSize: 2), new(1));
            var before = GC.GetAllocatedBytesForCurrentThread();
            var engine = Engine.Of(parameters, null, new() { Precision = precision }, threads: 1);
            engine.Loss([26, 0, 26]);
            var taken = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.InRange(taken, 0, 2.2 * sizeof(float) * parameters.Values.Length); // no gradient, no moments, no copy
        }
    }
}
