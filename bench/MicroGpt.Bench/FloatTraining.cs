using System.Diagnostics;

namespace MicroGpt.Bench;

/// <summary>Steps of training in float32: loss, gradient, Adam; batches of documents in turn.</summary>
sealed class FloatTraining
{
    const int Batches = 64;

    readonly int size;
    readonly (int[] Tokens, int[] Lengths)[] batches;
    readonly float[] start, parameters, gradient;
    readonly FloatEngine engine;
    readonly FloatAdam adam;

    public FloatTraining(GptConfig config, int[][] documents, int size, int threads)
    {
        this.size = size;
        batches = [.. Enumerable.Range(0, Batches).Select(batch =>
        {
            var chosen = Enumerable.Range(batch * size, size).Select(i => documents[i % documents.Length]).ToArray();
            return (chosen.SelectMany(document => document).ToArray(), chosen.Select(d => d.Length).ToArray());
        })];
        start = Array.ConvertAll(Parameters.Random(config, new(42)).Values, value => (float)value);
        (parameters, gradient) = ((float[])start.Clone(), new float[start.Length]);
        engine = new(config, size, threads);
        adam = new(engine.Crew, start.Length, 0, VectorWidth.Width);
        PositionsPerStep = batches.Average(
            batch => batch.Lengths.Sum(length => (double)Math.Min(config.BlockSize, length - 1)));
    }

    public double PositionsPerStep { get; }

    /// <summary>Microseconds per document.</summary>
    public Spread Measure(int repeats)
    {
        Repeat(3);
        var steps = (int)Math.Clamp(0.15e6 / Repeat(3), 2, 5000); // about 0.15 s each time
        var times = new double[repeats];
        for (var repeat = 0; repeat < repeats; repeat++)
        {
            times[repeat] = Repeat(steps) / size;
        }
        return Spread.Of(times);
    }

    // Microseconds per step.
    double Repeat(int steps)
    {
        start.CopyTo(parameters, 0);
        adam.M.AsSpan().Clear();
        adam.V.AsSpan().Clear();
        var watch = Stopwatch.StartNew();
        for (var step = 0; step < steps; step++)
        {
            var (tokens, lengths) = batches[step % Batches];
            engine.Backward(parameters, tokens, lengths, gradient);
            adam.Update(parameters, gradient, step, 0.001);
        }
        return watch.Elapsed.TotalMicroseconds / steps;
    }
}
