namespace MicroGpt;

/// <summary>
/// Where each matrix begins in a flat buffer of all parameters, gradients or moments. Names and order are those of the
/// reference's state_dict.
/// </summary>
sealed class ParameterLayout
{
    public ParameterLayout(GptConfig config)
    {
        var d = config.NEmbd;
        Wte = Add("wte", config.VocabSize, d);
        Wpe = Add("wpe", config.BlockSize, d);
        LmHead = Add("lm_head", config.VocabSize, d);
        OfEmbeddings = Length;
        Layers = new Layer[config.NLayer];
        for (var l = 0; l < Layers.Length; l++)
        {
            Layers[l] = new(
                AttnWq: Add($"layer{l}.attn_wq", d, d),
                AttnWk: Add($"layer{l}.attn_wk", d, d),
                AttnWv: Add($"layer{l}.attn_wv", d, d),
                AttnWo: Add($"layer{l}.attn_wo", d, d),
                MlpFc1: Add($"layer{l}.mlp_fc1", 4 * d, d),
                MlpFc2: Add($"layer{l}.mlp_fc2", d, 4 * d));
        }
    }

    /// <summary>Where a layer's matrices begin. Wq, wk, wv are adjacent: one matrix [3·nEmbd, nEmbd].</summary>
    public readonly record struct Layer(int AttnWq, int AttnWk, int AttnWv, int AttnWo, int MlpFc1, int MlpFc2);

    /// <summary>Where the token embeddings begin, [vocab, nEmbd].</summary>
    public int Wte { get; }

    /// <summary>Where the position embeddings begin, [block, nEmbd].</summary>
    public int Wpe { get; }

    /// <summary>Where the output matrix begins, [vocab, nEmbd].</summary>
    public int LmHead { get; }

    /// <summary>The number of parameters before the first layer's: of wte, wpe and lm_head.</summary>
    public int OfEmbeddings { get; }

    public Layer[] Layers { get; }

    /// <summary>All matrices, in buffer order.</summary>
    public List<(string Name, int Rows, int Columns, int Offset)> Matrices { get; } = [];

    /// <summary>The total number of parameters.</summary>
    public int Length { get; private set; }

    /// <summary>The number of parameters of a model, even if they would not fit in an array.</summary>
    public static double Count(TrainingOptions options, int vocabSize)
    {
        double d = options.NEmbd;
        return (2.0 * vocabSize + options.BlockSize) * d + 12.0 * options.NLayer * d * d;
    }

    int Add(string name, int rows, int columns)
    {
        var offset = Length;
        Matrices.Add((name, rows, columns, offset));
        Length += rows * columns;
        return offset;
    }
}
