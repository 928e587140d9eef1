namespace MicroGpt;

/// <summary>All that a model knows: every matrix, one after the other in one flat buffer, in state_dict order.</summary>
public sealed class Parameters
{
    readonly Dictionary<string, Tensor> byName;

    /// <summary>Parameters that are all 0.</summary>
    internal Parameters(GptConfig config)
    {
        (Config, Layout) = (config, new(config));
        var values = Values = new double[Layout.Length];
        Tensors = Layout.Matrices
            .ConvertAll(matrix => new Tensor(matrix.Name, matrix.Rows, matrix.Columns, values, matrix.Offset)).AsReadOnly();
        byName = Tensors.ToDictionary(tensor => tensor.Name);
    }

    /// <summary>The shape of the model.</summary>
    public GptConfig Config { get; }

    /// <summary>Where each matrix begins in <see cref="Values"/>.</summary>
    internal ParameterLayout Layout { get; }

    /// <summary>Every number, [ParameterCount]: the buffer that all tensors are parts of.</summary>
#pragma warning disable CA1819 // the buffer itself is what callers share
    public double[] Values { get; }
#pragma warning restore CA1819

    /// <summary>The matrices in the order of the buffer: wte, wpe, lm_head, then six for each layer.</summary>
    public IReadOnlyList<Tensor> Tensors { get; }

    /// <summary>The numbers of one matrix, row after row.</summary>
    /// <exception cref="KeyNotFoundException">No matrix has this name.</exception>
    public Span<double> this[string name] => byName[name].Values;

    /// <summary>What training starts from: every number drawn by <c>random.gauss(0, 0.08)</c>, in order.</summary>
    internal static Parameters Random(GptConfig config, PythonRandom random)
    {
        var parameters = new Parameters(config);
        foreach (ref var value in parameters.Values.AsSpan())
        {
            value = random.Gauss(0, 0.08);
        }
        return parameters;
    }
}
