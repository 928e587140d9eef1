namespace MicroGpt;

/// <summary>The shape of a model. The defaults are those of microgpt.cs.</summary>
/// <exception cref="ArgumentOutOfRangeException">
/// A number is below 1, or the model has more parameters than fit in an array.
/// </exception>
/// <exception cref="ArgumentException"><see cref="NHead"/> does not divide <see cref="NEmbd"/>.</exception>
public sealed record GptConfig
{
    /// <summary>Describes a model; every number must be at least 1.</summary>
    /// <param name="VocabSize">The number of tokens, including BOS.</param>
    /// <param name="NLayer">Depth: the number of transformer layers.</param>
    /// <param name="NEmbd">Width: the length of the vector that represents a token.</param>
    /// <param name="BlockSize">Context: the maximum number of tokens the model sees.</param>
    /// <param name="NHead">Attention heads in each layer; must divide <paramref name="NEmbd"/>.</param>
    internal GptConfig(int VocabSize, int NLayer = 1, int NEmbd = 16, int BlockSize = 16, int NHead = 4)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(VocabSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(NLayer, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(NEmbd, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BlockSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(NHead, 1);
        if (NEmbd % NHead != 0)
        {
            throw new ArgumentException($"nHead {NHead} does not divide nEmbd {NEmbd}", nameof(NHead));
        }
        (this.VocabSize, this.NLayer) = (VocabSize, NLayer);
        (this.NEmbd, this.BlockSize, this.NHead) = (NEmbd, BlockSize, NHead);
        var count = (2 * (Int128)VocabSize + BlockSize) * NEmbd + (Int128)NLayer * 12 * NEmbd * NEmbd;
        if (count > Array.MaxLength)
        {
            throw new ArgumentException($"{count} parameters do not fit in an array; lower NEmbd or NLayer");
        }
        ParameterCount = (int)count;
    }

    /// <summary>The number of tokens, including BOS.</summary>
    public int VocabSize { get; }

    /// <summary>The number of transformer layers.</summary>
    public int NLayer { get; }

    /// <summary>The length of the vector that represents a token.</summary>
    public int NEmbd { get; }

    /// <summary>The maximum number of tokens the model sees.</summary>
    public int BlockSize { get; }

    /// <summary>Attention heads in each layer.</summary>
    public int NHead { get; }

    /// <summary>The width of one head: nEmbd / nHead.</summary>
    public int HeadDim => NEmbd / NHead;

    /// <summary>The number of parameters: 2·vocab·nEmbd + block·nEmbd + nLayer·12·nEmbd².</summary>
    public int ParameterCount { get; }
}
