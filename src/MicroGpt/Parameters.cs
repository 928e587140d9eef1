namespace MicroGpt;

/// <summary>All that a model knows: every matrix, one after the other in one flat buffer, in state_dict order.</summary>
public sealed class Parameters
{
    readonly Dictionary<string, Tensor> byName;

    /// <summary>Parameters that are all 0.</summary>
    public Parameters(GptConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        Config = config;
        var tensors = new List<Tensor>();
        var offset = 0;
        var width = config.NEmbd;
        Add("wte", config.VocabSize, width);
        Add("wpe", config.BlockSize, width);
        Add("lm_head", config.VocabSize, width);
        for (var layer = 0; layer < config.NLayer; layer++)
        {
            Add($"layer{layer}.attn_wq", width, width);
            Add($"layer{layer}.attn_wk", width, width);
            Add($"layer{layer}.attn_wv", width, width);
            Add($"layer{layer}.attn_wo", width, width);
            Add($"layer{layer}.mlp_fc1", 4 * width, width);
            Add($"layer{layer}.mlp_fc2", width, 4 * width);
        }
        Tensors = tensors.AsReadOnly();
        byName = tensors.ToDictionary(tensor => tensor.Name);
        Values = new double[config.ParameterCount];

        void Add(string name, int rows, int columns)
        {
            tensors.Add(new(name, rows, columns, offset));
            offset += rows * columns;
        }
    }

    /// <summary>The shape of the model.</summary>
    public GptConfig Config { get; }

    /// <summary>Every number, [ParameterCount]; the engine reads them here, an optimizer writes them here.</summary>
#pragma warning disable CA1819 // the buffer itself is what callers share
    public double[] Values { get; }
#pragma warning restore CA1819

    /// <summary>The matrices in the order of the buffer: wte, wpe, lm_head, then six for each layer.</summary>
    public IReadOnlyList<Tensor> Tensors { get; }

    /// <summary>The numbers of one matrix, row after row.</summary>
    /// <exception cref="KeyNotFoundException">No matrix has this name.</exception>
    public Span<double> this[string name]
    {
        get
        {
            var tensor = byName[name];
            return Values.AsSpan(tensor.Offset, tensor.Length);
        }
    }

    /// <summary>What training starts from: every number drawn by <c>random.gauss(0, 0.08)</c>, in order.</summary>
    internal static Parameters Random(GptConfig config, PythonRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var parameters = new Parameters(config);
        foreach (ref var value in parameters.Values.AsSpan())
        {
            value = random.Gauss(0, 0.08);
        }
        return parameters;
    }
}
