using System.Diagnostics;

namespace MicroGpt.Bench;

/// <summary>The parts of a step of the exact engine, at one vector width.</summary>
static class StepParts
{
    const int Steps = 1000;

    /// <summary>Microseconds per step of forward, backward and Adam, each over the same thousand documents.</summary>
    public static (Spread Forward, Spread Backward, Spread Adam) Measure(Workload work, VectorWidth width, int repeats)
    {
        var engine = new ExactEngine(Parameters.Random(work.Config, new(42)), work.Options, width: width);
        var all = work.Batch(Steps);
        var batches = new TokenBatch[all.Count];
        for (var i = 0; i < batches.Length; i++)
        {
            (batches[i] = new(work.Config, 1)).Add(all[i]);
        }
        var sums = new double[1];
        var (forward, backward, adam) = (new double[repeats], new double[repeats], new double[repeats]);
        for (var repeat = -1; repeat < repeats; repeat++) // the first one warms up
        {
            var start = Stopwatch.GetTimestamp();
            foreach (var batch in batches)
            {
                engine.NegativeLogLikelihoods(batch, sums);
            }
            var looked = Stopwatch.GetTimestamp();
            var updating = 0L;
            foreach (var (step, batch) in batches.Index())
            {
                engine.Backward(batch);
                var before = Stopwatch.GetTimestamp();
                engine.Update(step, 1e-6);
                updating += Stopwatch.GetTimestamp() - before;
            }
            var trained = Stopwatch.GetTimestamp();
            if (repeat >= 0)
            {
                forward[repeat] = Microseconds(looked - start);
                adam[repeat] = Microseconds(updating);
                backward[repeat] = Microseconds(trained - looked - updating) - forward[repeat];
            }
        }
        return (Spread.Of(forward), Spread.Of(backward), Spread.Of(adam));

        double Microseconds(long ticks) => ticks * 1e6 / Stopwatch.Frequency / batches.Length;
    }
}
