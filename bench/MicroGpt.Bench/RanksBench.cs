using System.Diagnostics;

namespace MicroGpt.Bench;

/// <summary>
/// Training on the ranks that MPI started, or in one process, and what the sum of a gradient costs by itself. Prints rows
/// of the tables in docs/distributed.md.
/// </summary>
static class RanksBench
{
    static readonly TrainingOptions float32 = new() { Precision = Precision.Float32, LearningRate = 0.001 };

    static readonly TrainingOptions fourLayers = float32 with { NLayer = 4, BlockSize = 64, BatchSize = 12 };

    static readonly Workload[] works =
    [
        new("full64", "", Workload.Full(27, 16), float32 with { NEmbd = 64, BatchSize = 16 }),
        new("full128", "", Workload.Full(65, 64), fourLayers with { NEmbd = 128 }),
        new("full256", "", Workload.Full(65, 64), fourLayers with { NEmbd = 256 }),
    ];

    static readonly int[] sizes = [1 << 12, 1 << 16, 1 << 20, 1 << 22, 1 << 24]; // parameters

    /// <param name="names">The works to time, or sum for the sums alone.</param>
    /// <param name="threads">Of each rank.</param>
    /// <param name="batch">Documents per step; 0: the work's own.</param>
    public static void Run(IReadOnlyCollection<string> names, int threads, int batch)
    {
        using var ranks = Ranks.Join();
        foreach (var work in works.Where(work => names.Contains(work.Name)))
        {
            var run = batch == 0 ? work : new(work.Name, "", work.Corpus, work.Options with { BatchSize = batch });
            var time = run.Measure(threads, 7, ranks);
            var tokens = run.PositionsPerDocument / time.Median * 1e6;
            Row(ranks, $"| {work.Name} | {run.Options.BatchSize} | {ranks?.Count ?? 1} | {threads} "
                + $"| {time.Median * run.Options.BatchSize:F0} | {tokens:N0} |");
        }
        foreach (var size in sizes.Where(_ => ranks != null && names.Contains("sum")))
        {
            Row(ranks, $"| {size:N0} | {ranks!.Count} | {Sum(ranks, size):F0} |");
        }
    }

    // Microseconds to sum a gradient that no rank has anything to add to; the least of several.
    static unsafe double Sum(Ranks ranks, int size)
    {
        var gradient = GC.AllocateArray<float>(size, pinned: true);
        fixed (float* start = gradient)
        {
            var parts = new GradientRing.Part[FloatEngine.RingParts(size, ranks.Count)];
            for (var i = 0; i < parts.Length; i++)
            {
                var (from, next) = ((long)size * i / parts.Length, (long)size * (i + 1) / parts.Length);
                parts[i] = new((nint)(start + from), (int)(next - from) * sizeof(float));
            }
            var (ring, best) = (new GradientRing(ranks), double.PositiveInfinity);
            var count = Math.Clamp((1 << 25) / size, 5, 1000);
            for (var repeat = 0; repeat < 7; repeat++)
            {
                var clock = Stopwatch.StartNew();
                for (var i = 0; i < count; i++)
                {
                    ring.Sum(parts, _ => { });
                }
                best = Math.Min(best, clock.Elapsed.TotalMicroseconds / count);
            }
            return best;
        }
    }

    static void Row(Ranks? ranks, string row)
    {
        if (ranks is null or { Rank: 0 })
        {
            Console.WriteLine(row);
        }
    }
}
