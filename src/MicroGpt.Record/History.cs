namespace MicroGpt.Record;

/// <summary>One parameter over all steps. Arrays are indexed by step, 0 to <see cref="Run.Steps"/>.</summary>
public sealed class History
{
    internal History(Run run, int parameter)
    {
        var count = run.Steps + 1;
        Parameter = parameter;
        (Values, Gradients, M, V) = (new double[count], new double[count], new double[count], new double[count]);
        IsUsed = new bool[count];
        var address = run.AddressOf(parameter);
        Values[0] = run.State(0, Channel.Value)[parameter];
        for (var step = 1; step < count; step++)
        {
            Gradients[step] = run.State(step, Channel.Gradient)[parameter];
            var line = new Adam(
                Gradients[step], M[step - 1], V[step - 1], step, run.LearningRate(step), Values[step - 1]);
            (Values[step], M[step], V[step]) = (run.SetByHand(parameter, step) ?? line.After, line.M, line.V);
            IsUsed[step] = !address.IsRow || address.IsUsedBy(run.Tokens(step));
        }
    }

    /// <summary>The index of the parameter.</summary>
    public int Parameter { get; }

#pragma warning disable CA1819 // drawn point by point, and never changed
    /// <summary>Its value after each step.</summary>
    public double[] Values { get; }

    /// <summary>Its gradient in each step; 0 at index 0.</summary>
    public double[] Gradients { get; }

    /// <summary>Adam's running mean of the gradient, after each step.</summary>
    public double[] M { get; }

    /// <summary>Adam's running mean of the squared gradient, after each step.</summary>
    public double[] V { get; }

    /// <summary>
    /// Whether the step's document had what the parameter belongs to: its letter in wte, its position in wpe; for every
    /// other matrix always true. False at index 0.
    /// </summary>
    public bool[] IsUsed { get; }
#pragma warning restore CA1819
}
