namespace MicroGpt;

/// <summary>Learns in float32, all documents of a batch at once, on as many threads as it is given.</summary>
sealed class FloatLearner : Learner
{
    readonly TrainingOptions options;
    readonly FloatEngine engine;
    readonly FloatAdam adam;
    readonly float[] parameters, gradient, kept; // [ParameterCount]

    public FloatLearner(Parameters parameters, ExactAdam optimizer, TrainingOptions options, int threads)
    {
        (this.options, Config) = (options, parameters.Config);
        engine = new(Config, options.BatchSize, threads);
        this.parameters = Array.ConvertAll(parameters.Values, value => (float)value);
        (gradient, kept) = (new float[Config.ParameterCount], (float[])this.parameters.Clone());
        adam = new(engine.Crew, Config.ParameterCount, options.WeightDecay, VectorWidth.Width);
        Convert(optimizer.M, adam.M);
        Convert(optimizer.V, adam.V);

        static void Convert(double[] from, float[] to)
        {
            for (var i = 0; i < to.Length; i++)
            {
                to[i] = (float)from[i];
            }
        }
    }

    public override GptConfig Config { get; }

    public override ExactAdam Optimizer =>
        new(Array.ConvertAll(adam.M, m => (double)m), Array.ConvertAll(adam.V, v => (double)v));

    public override bool IsFinite => Array.TrueForAll(parameters, float.IsFinite);

    public override double Backward(TokenBatch batch) =>
        engine.Backward(parameters, batch.Tokens, batch.Lengths, gradient);

    public override void Update(int step, double learningRate)
    {
        if (options.GradientClip > 0)
        {
            var factor = (float)Shortening(Norm(gradient), options.GradientClip);
            foreach (ref var g in gradient.AsSpan())
            {
                g *= factor;
            }
        }
        adam.Update(parameters, gradient, step, learningRate);
    }

    public override void Losses(TokenBatch batch, Span<double> losses)
    {
        engine.Loss(parameters, batch.Tokens, batch.Lengths);
        engine.DocumentLosses.CopyTo(losses);
    }

    public override void Keep() => parameters.CopyTo(kept, 0);

    public override void Restore() => kept.CopyTo(parameters, 0);

    public override Parameters Copy()
    {
        var copy = new Parameters(Config);
        for (var i = 0; i < parameters.Length; i++)
        {
            copy.Values[i] = parameters[i];
        }
        return copy;
    }

    // Four sums side by side, which need not wait for one another.
    static double Norm(float[] vector)
    {
        double a = 0, b = 0, c = 0, d = 0;
        var i = 0;
        for (; i <= vector.Length - 4; i += 4)
        {
            a += (double)vector[i] * vector[i];
            b += (double)vector[i + 1] * vector[i + 1];
            c += (double)vector[i + 2] * vector[i + 2];
            d += (double)vector[i + 3] * vector[i + 3];
        }
        for (; i < vector.Length; i++)
        {
            a += (double)vector[i] * vector[i];
        }
        return Math.Sqrt(a + b + c + d);
    }
}
