using System.Numerics;

namespace MicroGpt.Bench;

/// <summary>The figures in docs/exactness.md and docs/kernels.md that are not timings.</summary>
static class Figures
{
    /// <summary>How many of Adam's squares and roots per step need libm, and how many libm rounds differently.</summary>
    public static unsafe void Asked()
    {
        var parameters = new Trainer(DefaultRun.Corpus, new()).Snapshot().Parameters;
        var engine = new ExactEngine(parameters, new());
        var steps = new Trainer(DefaultRun.Corpus, new()).Run(); // for the order of the documents
        var tokenizer = new Tokenizer(DefaultRun.Corpus);
        var batch = new TokenBatch(parameters.Config, 1);
        (double Squares, double Roots) asked = (0, 0), otherwise = (0, 0);
        foreach (var step in steps)
        {
            batch.Clear();
            batch.Add(step.Document, tokenizer);
            engine.Backward(batch);
            engine.Update(step.Step - 1, step.LearningRate);
            var scale = 1 - Libm.Pow(0.99, step.Step);
            double[] squared = engine.Gradient.ToArray(), rooted = [.. engine.Moments.V.Select(v => v / scale)];
            fixed (double* g = squared, v = rooted)
            {
                for (var i = 0; i < squared.Length; i += ExactLanes4.Count) // their count is a multiple of four
                {
                    ExactMath.Square(ExactLanes4.Load(g + i), out var squareAsked);
                    ExactMath.Root(ExactLanes4.Load(v + i), out var rootAsked);
                    asked.Squares += BitOperations.PopCount(squareAsked);
                    asked.Roots += BitOperations.PopCount(rootAsked);
                }
            }
            otherwise.Squares += squared.Count(x => Libm.Pow(x, 2) != x * x);
            otherwise.Roots += rooted.Count(x => Libm.Pow(x, 0.5) != Math.Sqrt(x));
        }
        Console.WriteLine($"{parameters.Values.Length} parameters; of each step's squares and roots, on average:");
        Console.WriteLine($"libm is asked for {asked.Squares / 1000:F1} and {asked.Roots / 1000:F1},");
        Console.WriteLine($"and rounds {otherwise.Squares / 1000:F1} and {otherwise.Roots / 1000:F1} "
            + "differently from x * x and sqrt.");
    }

    /// <summary>The largest difference between the losses of float64 and float32, step by step.</summary>
    public static void Drift()
    {
        Row("the default options", new());
        Row("two layers", new() { NLayer = 2 });
        Row("sixteen documents a step", new() { BatchSize = 16 });

        static void Row(string name, TrainingOptions options)
        {
            var exact = new Trainer(DefaultRun.Corpus, options).Run();
            var rounded = new Trainer(DefaultRun.Corpus, options with { Precision = Precision.Float32 }).Run();
            var largest = exact.Zip(rounded).Max(pair => Math.Abs(pair.First.Loss - pair.Second.Loss));
            Console.WriteLine($"{name}: {options.Steps} losses, the largest difference {largest:G2}");
        }
    }
}
