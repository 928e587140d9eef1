namespace MicroGpt.Bench;

/// <summary>Figures of docs/exactness.md and docs/kernels.md that are no times.</summary>
static class Figures
{
    /// <summary>How many of Adam's squares and roots libm is asked for, and how many it rounds otherwise, per step.</summary>
    public static void Asked()
    {
        var parameters = new Trainer(Names.Corpus, new()).Snapshot().Parameters;
        var engine = new ExactEngine(parameters, new());
        var steps = new Trainer(Names.Corpus, new()).Run(); // for the order of the documents
        var tokenizer = new Tokenizer(Names.Corpus);
        var batch = new TokenBatch(parameters.Config, 1);
        var (asked, otherwise) = ((0L, 0L), (0L, 0L));
        foreach (var step in steps)
        {
            batch.Clear();
            batch.Add(step.Document, tokenizer);
            engine.Backward(batch);
            engine.Update(step.Step - 1, step.LearningRate);
            var scale = 1 - Math.Pow(0.99, step.Step);
            for (var i = 0; i < parameters.Values.Length; i++)
            {
                var (g, v) = (engine.Gradient[i], engine.Moments.V[i] / scale);
                ExactMath.Square(ExactLanes1.All(g), out var squareAsked);
                ExactMath.Root(ExactLanes1.All(v), out var rootAsked);
                asked = (asked.Item1 + squareAsked, asked.Item2 + rootAsked);
                otherwise = (otherwise.Item1 + (Math.Pow(g, 2) != g * g ? 1 : 0),
                    otherwise.Item2 + (Math.Pow(v, 0.5) != Math.Sqrt(v) ? 1 : 0));
            }
        }
        Console.WriteLine($"{parameters.Values.Length} parameters; of each step's squares and roots, on average:");
        Console.WriteLine($"libm is asked for {asked.Item1 / 1000.0:F1} and {asked.Item2 / 1000.0:F1},");
        Console.WriteLine($"and rounds {otherwise.Item1 / 1000.0:F1} and {otherwise.Item2 / 1000.0:F1} otherwise than x * x and sqrt.");
    }

    /// <summary>The largest difference between the losses of float64 and float32, step by step.</summary>
    public static void Drift()
    {
        Row("the default options", new());
        Row("two layers", new() { NLayer = 2 });
        Row("sixteen documents a step", new() { BatchSize = 16 });

        static void Row(string name, TrainingOptions options)
        {
            var exact = new Trainer(Names.Corpus, options).Run();
            var rounded = new Trainer(Names.Corpus, options with { Precision = Precision.Float32 }).Run();
            var largest = exact.Zip(rounded).Max(pair => Math.Abs(pair.First.Loss - pair.Second.Loss));
            Console.WriteLine($"{name}: {options.Steps} losses, the largest difference {largest:G2}");
        }
    }
}
