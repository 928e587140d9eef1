using System.Diagnostics;
using System.Globalization;

namespace MicroGpt.Bench;

/// <summary>The batch engine: the ladder of kernels, three works beside other programs, threads, growth.</summary>
sealed class FloatBench(Report report)
{
    const int FullBatch = 12;

    static readonly GptConfig fullConfig = new(65, NLayer: 4, NEmbd: 128, BlockSize: 64, NHead: 4);

    static readonly (string Name, GptConfig Config, int[][] Documents, int Size)[] works =
    [
        ("names16", new(27), Names.Documents, 16),
        ("names64", new(27, NEmbd: 64), Names.Documents, 16),
        ("full64", new(27, NEmbd: 64), Growth.Documents(new(27, NEmbd: 64)), 16),
        ("full128", fullConfig, Growth.Documents(fullConfig), FullBatch),
    ];

    static readonly (int Rows, int Terms, int Columns)[] shapes =
    [
        (16, 16, 112), (64, 64, 112), (128, 128, 128), (128, 128, 768), (512, 128, 768), (128, 512, 768), (512, 512, 512),
    ];

    static readonly int[] doubling = [16, 32, 64, 128, 256, 512], layers = [1, 2, 4, 8];

    static readonly GptConfig[] models =
    [
        .. doubling.Select(n => new GptConfig(65, NEmbd: n, BlockSize: 64)),
        .. layers.Select(n => new GptConfig(65, NLayer: n, NEmbd: 64, BlockSize: 64)),
        .. doubling.Select(n => new GptConfig(65, NEmbd: 64, BlockSize: n)),
        new GptConfig(65, NLayer: 4, NEmbd: 512, BlockSize: 512, NHead: 8),
    ];

    /// <param name="peers">Other programs, each WORK=COMMAND.</param>
    public void Run(IEnumerable<string> peers)
    {
        Verify();
        Ladder();
        Works(peers.Select(peer => peer.Split('=', 2)).ToLookup(pair => pair[0], pair => pair[1]));
        Growing();
    }

    // Another number of threads, another width, the same bits; and the gradient close to that of the exact engine.
    static void Verify()
    {
        foreach (var (name, config, documents, size) in works)
        {
            var chosen = documents.Take(size).ToArray();
            var (tokens, lengths) = (chosen.SelectMany(d => d).ToArray(), chosen.Select(d => d.Length).ToArray());
            var parameters = Parameters.Random(config, new(42));
            var rounded = Array.ConvertAll(parameters.Values, value => (float)value);
            var (first, other) = (new float[rounded.Length], new float[rounded.Length]);
            new FloatEngine(config, size, 1).Backward(rounded, tokens, lengths, first);
            new FloatEngine(config, size, 2, width: 1).Backward(rounded, tokens, lengths, other);
            var (exact, one, sum) = (new ExactEngine(parameters), new double[rounded.Length], new double[rounded.Length]);
            foreach (var document in chosen)
            {
                exact.Backward(document, one);
                for (var i = 0; i < sum.Length; i++)
                {
                    sum[i] += one[i] / size;
                }
            }
            var largest = sum.Max(Math.Abs);
            for (var i = 0; i < sum.Length; i++)
            {
                if (BitConverter.SingleToInt32Bits(first[i]) != BitConverter.SingleToInt32Bits(other[i])
                    || Math.Abs(first[i] - sum[i]) > 1e-4 * largest)
                {
                    throw new InvalidOperationException(
                        $"{name}: gradient {i}: {first[i]:R} and {other[i]:R}, the exact engine's is {sum[i]:R}");
                }
            }
        }
    }

    void Ladder()
    {
        var peak = VectorWidth.Supported.ToDictionary(width => width, Products.Peak);
        var widest = VectorWidth.Supported[0];
        report.Print("## The matrix product\n");
        report.Print($"""
            Billions of operations per second on one core (a fused product and sum counts as two), median of nine. Each
            rung was first found to give the bits of the lowest. What the machine can do at most, measured in the same
            run: {string.Join(", ", peak.Select(pair => $"{Name(pair.Key)} {pair.Value:F1}"))}.

            """);
        report.Print("| rows x terms x columns | three loops | tiles, scalar "
            + string.Concat(VectorWidth.Supported.Where(width => width > 1).Order().Select(width => $"| tiles, {Name(width)} "))
            + "| part of the most |");
        report.Print("|---|--:|--:" + string.Concat(VectorWidth.Supported.Where(w => w > 1).Select(_ => "|--:")) + "|--:|");
        foreach (var (rows, terms, columns) in shapes)
        {
            var rates = VectorWidth.Supported.Order().Prepend(0)
                .Select(width => Products.Measure(width, rows, terms, columns)).ToArray();
            report.Print($"| {rows} x {terms} x {columns} | {string.Join(" | ", rates.Select(rate => $"{rate:F1}"))} "
                + $"| {rates[^1] / peak[widest]:P0} |");
        }
    }

    void Works(ILookup<string, string> peers)
    {
        report.Print("\n## Training\n");
        report.Print($"""
            Loss, gradient and Adam; microseconds per document, median and quartiles. Checked before: the gradient is
            that of the exact engine to 1e-4 of its largest number, and has the same bits without vectors and on two
            threads. Two that know nothing of each other, each with a thread of its own, show what a second core of this
            machine is worth: more than that no engine can gain.

            - names16: nEmbd 16, blockSize 16, 16 names at a time from data/names.txt
            - names64: nEmbd 64, the same
            - full64: nEmbd 64, blockSize 16, 16 full sequences at a time
            - full128: nLayer 4, nEmbd 128, nHead 4, blockSize 64, vocabulary 65, {FullBatch} full sequences at a time

            """);
        report.Print("| work | program | µs per document | quartiles | tokens/s | times this engine, one thread |");
        report.Print("|---|---|--:|--:|--:|--:|");
        foreach (var (name, config, documents, size) in works)
        {
            var one = new FloatTraining(config, documents, size, threads: 1);
            var perDocument = one.PositionsPerStep / size;
            var mine = one.Measure(21);
            Row(name, "this engine, one thread", mine, perDocument, mine.Median);
            foreach (var threads in new[] { 2, Environment.ProcessorCount }.Distinct()
                .Where(threads => threads <= Environment.ProcessorCount && threads > 1))
            {
                var some = new FloatTraining(config, documents, size, threads).Measure(21);
                Row(name, $"this engine, {threads} threads", some, perDocument, mine.Median);
            }
            if (Environment.ProcessorCount > 1)
            {
                Row(name, "two that know nothing of each other", SideBySide(config, documents, size), perDocument,
                    mine.Median);
            }
            foreach (var command in peers[name])
            {
                Row(name, $"`{command}`", Spread.Of([.. Enumerable.Range(0, 3).Select(_ => Peer(command))]), perDocument,
                    mine.Median);
            }
        }
    }

    // What two threads can gain at most: two engines, each with work of its own, at the same time.
    static Spread SideBySide(GptConfig config, int[][] documents, int size)
    {
        var times = new Spread[2];
        Parallel.For(0, 2, i => times[i] = new FloatTraining(config, documents, size, threads: 1).Measure(21));
        return new(
            Together(times[0].Lower, times[1].Lower), Together(times[0].Median, times[1].Median),
            Together(times[0].Upper, times[1].Upper));

        static double Together(double a, double b) => 1 / (1 / a + 1 / b);
    }

    void Row(string work, string program, Spread time, double positions, double mine) => report.Print(
        $"| {work} | {program} | **{time.Median:F2}** | {time.Lower:F2} - {time.Upper:F2} "
        + $"| {positions / time.Median * 1e6:N0} | {time.Median / mine:F2} |");

    void Growing()
    {
        report.Print("\n## Growth\n");
        report.Print("""
            From a model with nEmbd 64, nLayer 1, blockSize 64, vocabulary 65 one number grows at a time; 1,024 positions
            a step, full sequences, one thread and two. Memory: parameters, gradient, m and v, the engine's.

            """);
        report.Print("| nEmbd | nLayer | blockSize | parameters | documents | tokens/s | tokens/s, 2 threads | MB |");
        report.Print("|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (var config in models)
        {
            var size = Math.Max(1, 1024 / config.BlockSize);
            var documents = Growth.Documents(config);
            var before = GC.GetTotalAllocatedBytes(precise: true);
            var training = new FloatTraining(config, documents, size, threads: 1);
            var megabytes = (GC.GetTotalAllocatedBytes(precise: true) - before) / 1e6;
            var one = config.BlockSize / training.Measure(7).Median * 1e6;
            var two = config.BlockSize / new FloatTraining(config, documents, size, threads: 2).Measure(7).Median * 1e6;
            report.Print($"| {config.NEmbd} | {config.NLayer} | {config.BlockSize} | {config.ParameterCount:N0} | {size} "
                + $"| {one:N0} | {two:N0} | {megabytes:F1} |");
        }
    }

    // A program that prints its microseconds per document as the first number of its last line.
    static double Peer(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command])
        {
            WorkingDirectory = Names.Root,
            RedirectStandardOutput = true,
        })!;
        var last = process.StandardOutput.ReadToEnd().TrimEnd().Split('\n')[^1];
        process.WaitForExit();
        var words = last.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        foreach (var word in words)
        {
            if (double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            {
                return number;
            }
        }
        throw new InvalidOperationException($"{command}: no number in its last line, \"{last}\"");
    }

    static string Name(int width) => width == 1 ? "scalar" : $"{64 * width} bits";
}
