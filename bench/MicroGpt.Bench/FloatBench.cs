namespace MicroGpt.Bench;

/// <summary>Benchmarks of the float engine: the ladder of kernels, other programs, threads, growth.</summary>
sealed class FloatBench(Report report)
{
    static readonly TrainingOptions float32 = new() { Precision = Precision.Float32 };

    static readonly Workload[] works =
    [
        new("names1", "nEmbd 16, blockSize 16, one name of data/names.txt at a time", DefaultRun.Corpus, float32),
        new("names16", "the same, 16 names at a time", DefaultRun.Corpus, float32 with { BatchSize = 16 }),
        new("names64", "nEmbd 64, 16 names at a time", DefaultRun.Corpus, float32 with { NEmbd = 64, BatchSize = 16 }),
        new("full64", "nEmbd 64, blockSize 16, 16 full sequences at a time", Workload.Full(27, 16),
            float32 with { NEmbd = 64, BatchSize = 16, LearningRate = 0.001 }),
        new("full128", "nLayer 4, nEmbd 128, nHead 4, blockSize 64, vocabulary 65, 12 full sequences at a time",
            Workload.Full(65, 64),
            float32 with { NLayer = 4, NEmbd = 128, BlockSize = 64, BatchSize = 12, LearningRate = 0.001 }),
    ];

    static readonly (int Rows, int Terms, int Columns)[] shapes =
    [
        (16, 16, 112), (64, 64, 112), (128, 128, 128), (128, 128, 768), (512, 128, 768), (128, 512, 768), (512, 512, 512),
    ];

    static readonly int[] doubling = [16, 32, 64, 128, 256, 512], layers = [1, 2, 4, 8];

    static readonly TrainingOptions[] models =
    [
        .. doubling.Select(n => float32 with { NEmbd = n, BlockSize = 64 }),
        .. layers.Select(n => float32 with { NLayer = n, NEmbd = 64, BlockSize = 64 }),
        .. doubling.Select(n => float32 with { NEmbd = 64, BlockSize = n }),
        float32 with { NLayer = 4, NEmbd = 512, BlockSize = 512, NHead = 8 },
    ];

    /// <param name="peers">Other programs by work; each times its own loop on it.</param>
    public void Run(ILookup<string, (string Label, string Command)> peers)
    {
        Verify();
        Ladder();
        Works(peers);
        Growing();
    }

    // Any number of threads and any width must give the same bits, and a gradient close to the exact engine's.
    static void Verify()
    {
        foreach (var work in works)
        {
            var parameters = Parameters.Random(work.Config, new(42));
            foreach (ref var value in parameters.Values.AsSpan())
            {
                value = (float)value; // so that both engines start from the same numbers
            }
            var batch = work.Batch(work.Options.BatchSize);
            var one = new FloatEngine(parameters, work.Options, threads: 1);
            var other = new FloatEngine(parameters, work.Options, threads: 2, width: VectorWidth.Scalar);
            var exact = new ExactEngine(parameters, work.Options);
            one.Backward(batch);
            other.Backward(batch);
            exact.Backward(batch);
            var largest = exact.Gradient.ToArray().Max(Math.Abs);
            for (var i = 0; i < exact.Gradient.Length; i++)
            {
                var (first, second, expected) = (one.Gradient[i], other.Gradient[i], exact.Gradient[i]);
                if (BitConverter.SingleToInt32Bits(first) != BitConverter.SingleToInt32Bits(second)
                    || Math.Abs(first - expected) > 1e-4 * largest)
                {
                    throw new InvalidOperationException(
                        $"{work.Name}: gradient {i}: {first:R} and {second:R}, the exact engine's is {expected:R}");
                }
            }
        }
    }

    void Ladder()
    {
        VectorWidth[] widths = [.. VectorWidths.Supported.Where(width => width != VectorWidth.Bits128)]; // float64's
        var peak = widths.ToDictionary(width => width, MatrixProducts.Peak);
        report.Print("## The matrix product\n");
        report.Print($"""
            Billions of operations per second on one core (a fused multiply-add counts as two), median of nine. Each rung
            was first checked to give the bits of the lowest. The machine's peak, measured in the same
            run: {string.Join(", ", peak.Select(pair => $"{Name(pair.Key)} {pair.Value:F1}"))}.

            """);
        report.Print("| rows x terms x columns | three loops | tiles, scalar "
            + string.Concat(widths.Where(width => width != VectorWidth.Scalar).Order()
                .Select(width => $"| tiles, {Name(width)} "))
            + "| part of the most |");
        report.Print("|---|--:|--:"
            + string.Concat(widths.Where(width => width != VectorWidth.Scalar).Select(_ => "|--:"))
            + "|--:|");
        foreach (var (rows, terms, columns) in shapes)
        {
            var rates = widths.Order().Select(width => (VectorWidth?)width).Prepend(null)
                .Select(width => MatrixProducts.Measure(width, rows, terms, columns)).ToArray();
            report.Print($"| {rows} x {terms} x {columns} | {string.Join(" | ", rates.Select(rate => $"{rate:F1}"))} "
                + $"| {rates[^1] / peak[widths[0]]:P0} |");
        }
    }

    void Works(ILookup<string, (string Label, string Command)> peers)
    {
        report.Print("\n## A warm loop against warm loops\n");
        report.Print($"""
            Trainer.Run in a warm process; peers time their own loop. Loss, gradient and Adam: microseconds per document,
            median and quartiles. Checked first: the gradient matches the exact engine's to 1e-4 of its largest number,
            and has the same bits without vectors and on two threads. Two independent trainers, each on its own thread,
            show the most that a second core of this machine can add.

            {string.Join('\n', works.Select(work => $"- {work.Name}: {work.About}"))}

            """);
        report.Print("| work | program | µs per document | quartiles | tokens/s | times Trainer.Run, one thread |");
        report.Print("|---|---|--:|--:|--:|--:|");
        foreach (var work in works)
        {
            var mine = work.Measure(1, 21);
            Row("Trainer.Run, one thread", mine);
            foreach (var threads in new[] { 2, Environment.ProcessorCount }.Distinct()
                .Where(threads => threads <= Environment.ProcessorCount && threads > 1))
            {
                Row($"Trainer.Run, {threads} threads", work.Measure(threads, 21));
            }
            if (Environment.ProcessorCount > 1)
            {
                Row("two independent trainers", SideBySide(work));
            }
            foreach (var (label, command) in peers[work.Name])
            {
                Row(label, Programs.Loop(command));
            }

            void Row(string program, Spread time) => report.Print(
                $"| {work.Name} | {program} | **{time.Median:F2}** | {time.Lower:F2} - {time.Upper:F2} "
                + $"| {work.PositionsPerDocument / time.Median * 1e6:N0} | {time.Median / mine.Median:F2} |");
        }
    }

    // The most that two threads can gain: two independent trainers at the same time.
    static Spread SideBySide(Workload work)
    {
        var times = new Spread[2];
        Parallel.For(0, 2, i => times[i] = work.Measure(1, 21));
        return new(
            Together(times[0].Lower, times[1].Lower), Together(times[0].Median, times[1].Median),
            Together(times[0].Upper, times[1].Upper));

        static double Together(double a, double b) => 1 / (1 / a + 1 / b);
    }

    void Growing()
    {
        report.Print("\n## Growth\n");
        report.Print("""
            From a model with nEmbd 64, nLayer 1, blockSize 64, vocabulary 65, one dimension grows at a time; 1,024
            positions per step, full sequences, one thread and two. Trainer.Run. Memory: as estimated for one thread.

            """);
        report.Print("| nEmbd | nLayer | blockSize | parameters | documents | tokens/s | tokens/s, 2 threads | MB |");
        report.Print("|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (var model in models)
        {
            var options = model with { BatchSize = Math.Max(1, 1024 / model.BlockSize), LearningRate = 0.001 };
            var work = new Workload("growth", "", Workload.Full(65, options.BlockSize), options);
            var one = work.PositionsPerDocument / work.Measure(1, 7).Median * 1e6;
            var two = work.PositionsPerDocument / work.Measure(2, 7).Median * 1e6;
            report.Print($"| {options.NEmbd} | {options.NLayer} | {options.BlockSize} | {work.Config.ParameterCount:N0} "
                + $"| {options.BatchSize} | {one:N0} | {two:N0} "
                + $"| {options.MemoryFor(work.Config.VocabSize, threads: 1) / 1e6:F1} |");
        }
    }

    static string Name(VectorWidth width) =>
        width == VectorWidth.Scalar ? "scalar" : $"{VectorWidths.Name(width)} bits";
}
