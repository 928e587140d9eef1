using System.Diagnostics;

namespace MicroGpt.Bench;

/// <summary>A thousand steps of training, as often as asked, always from the same parameters.</summary>
sealed class Training
{
    const int Steps = 1000;

    readonly int[][] documents;
    readonly Parameters parameters;
    readonly double[] start, gradient;
    readonly ExactEngine engine;
    readonly ExactAdam adam;
    readonly int steps;

    public Training(GptConfig config, int[][] documents, int width)
    {
        this.documents = documents;
        parameters = Parameters.Random(config, new(42));
        gradient = new double[config.ParameterCount];
        engine = new(parameters, width);
        adam = new(config.ParameterCount, width);
        start = parameters.Values.ToArray();
        // Large models take fewer steps: enough to be measured well.
        steps = (int)Math.Clamp(Steps * 20_000.0 / config.ParameterCount * 16 / config.BlockSize, 20, Steps);
    }

    /// <summary>Microseconds per step of each part. Backward includes the forward pass that it begins with.</summary>
    public (Spread Forward, Spread Backward, Spread Adam, Spread Loop) Measure(int repeats) => (
        Repeat(repeats, document => engine.Loss(document), _ => { }),
        Repeat(repeats, document => engine.Backward(document, gradient), _ => { }),
        Repeat(repeats, document => engine.Backward(document, gradient), Update, onlySecond: true),
        MeasureLoop(repeats));

    /// <summary>Microseconds per step: loss, gradient, Adam.</summary>
    public Spread MeasureLoop(int repeats) => Repeat(repeats, document => engine.Backward(document, gradient), Update);

    Spread Repeat(int repeats, Func<int[], double> first, Action<int> second, bool onlySecond = false)
    {
        var times = new double[repeats];
        for (var repeat = -1; repeat < repeats; repeat++) // the first one warms up
        {
            start.CopyTo(parameters.Values, 0);
            adam.M.AsSpan().Clear();
            adam.V.AsSpan().Clear();
            long ticks = 0;
            var begin = Stopwatch.GetTimestamp();
            for (var step = 0; step < steps; step++)
            {
                first(documents[step % documents.Length]);
                var between = Stopwatch.GetTimestamp();
                second(step);
                ticks += Stopwatch.GetTimestamp() - between;
            }
            var all = Stopwatch.GetTimestamp() - begin;
            if (repeat >= 0)
            {
                times[repeat] = (onlySecond ? ticks : all) * 1e6 / Stopwatch.Frequency / steps;
            }
        }
        return Spread.Of(times);
    }

    void Update(int step) => adam.Update(parameters.Values, gradient, step, 0.01 * (1 - (double)step / steps));
}
