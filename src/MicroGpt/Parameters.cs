using System.Runtime.InteropServices;

namespace MicroGpt;

/// <summary>A model's parameters: all matrices in one flat buffer, in state_dict order.</summary>
public sealed class Parameters
{
    readonly Dictionary<string, Tensor> byName;

    /// <summary>Creates parameters that are all 0.</summary>
    internal Parameters(GptConfig config)
    {
        (Config, Layout) = (config, new(config));
        var values = Values = new double[Layout.Length];
        Tensors = Layout.Matrices
            .ConvertAll(matrix => new Tensor(matrix.Name, matrix.Rows, matrix.Columns, values, matrix.Offset))
            .AsReadOnly();
        byName = Tensors.ToDictionary(tensor => tensor.Name);
    }

    /// <summary>The shape of the model.</summary>
    public GptConfig Config { get; }

    /// <summary>Where each matrix begins in <see cref="Values"/>.</summary>
    internal ParameterLayout Layout { get; }

    /// <summary>All the numbers, [ParameterCount]: the buffer that the tensors are slices of.</summary>
#pragma warning disable CA1819 // callers share the buffer itself
    public double[] Values { get; }
#pragma warning restore CA1819

    /// <summary>The matrices in buffer order: wte, wpe, lm_head, then six for each layer.</summary>
    public IReadOnlyList<Tensor> Tensors { get; }

    /// <summary>The numbers of one matrix, row by row.</summary>
    /// <exception cref="KeyNotFoundException">No matrix has this name.</exception>
    public Span<double> this[string name] => byName[name].Values;

    /// <summary>The same numbers in a buffer of their own.</summary>
    internal Parameters Copy()
    {
        var copy = new Parameters(Config);
        Values.CopyTo(copy.Values, 0);
        return copy;
    }

    /// <summary>SHA-256 of all the numbers as little-endian float64, in order: 64 hexadecimal digits.</summary>
    public string Sha256() => Sha256Hash.Of(MemoryMarshal.AsBytes(Values.AsSpan()));

    /// <summary>The initial parameters: every number drawn by <c>random.gauss(0, 0.08)</c>, in order.</summary>
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
