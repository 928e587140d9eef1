namespace MicroGpt;

/// <summary>
/// Where each matrix begins in a flat buffer of all parameters, or in one laid out alike: a gradient, a moment. Names and
/// order are those of the reference's state_dict.
/// </summary>
sealed class ParameterLayout
{
    public ParameterLayout(GptConfig config)
    {
        var d = config.NEmbd;
        Wte = Add("wte", config.VocabSize, d);
        Wpe = Add("wpe", config.BlockSize, d);
        LmHead = Add("lm_head", config.VocabSize, d);
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

    /// <summary>Where the matrices of one layer begin. Wq, wk, wv follow one another: one matrix [3·nEmbd, nEmbd].</summary>
    public readonly record struct Layer(int AttnWq, int AttnWk, int AttnWv, int AttnWo, int MlpFc1, int MlpFc2);

    /// <summary>Where the embeddings of the tokens begin, [vocab, nEmbd].</summary>
    public int Wte { get; }

    /// <summary>Where the embeddings of the positions begin, [block, nEmbd].</summary>
    public int Wpe { get; }

    /// <summary>Where the matrix that makes logits begins, [vocab, nEmbd].</summary>
    public int LmHead { get; }

    public Layer[] Layers { get; }

    /// <summary>All matrices, in the order of the buffer.</summary>
    public List<(string Name, int Rows, int Columns, int Offset)> Matrices { get; } = [];

    /// <summary>How many numbers there are in all.</summary>
    public int Length { get; private set; }

    /// <summary>How many parameters a model has, be they more than an array holds.</summary>
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
