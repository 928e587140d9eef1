namespace MicroGpt;

/// <summary>The shape of a model. The defaults are those of microgpt.cs.</summary>
/// <exception cref="ArgumentOutOfRangeException">
/// A number is below 1, or the model has more parameters than an array holds.
/// </exception>
/// <exception cref="ArgumentException"><see cref="NHead"/> does not divide <see cref="NEmbd"/>.</exception>
public sealed record GptConfig
{
    /// <summary>Describes a model; every number is 1 or more.</summary>
    /// <param name="VocabSize">How many tokens there are, BOS included.</param>
    /// <param name="NLayer">Depth: transformer layers, one after the other.</param>
    /// <param name="NEmbd">Width: how many numbers describe a token inside the model.</param>
    /// <param name="BlockSize">Context: how many tokens the model sees at most.</param>
    /// <param name="NHead">Attention heads, side by side in each layer; divides <paramref name="NEmbd"/>.</param>
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
            throw new ArgumentException($"{count} parameters do not fit an array; lower NEmbd or NLayer");
        }
        ParameterCount = (int)count;
    }

    /// <summary>How many tokens there are, BOS included.</summary>
    public int VocabSize { get; }

    /// <summary>Transformer layers, one after the other.</summary>
    public int NLayer { get; }

    /// <summary>How many numbers describe a token inside the model.</summary>
    public int NEmbd { get; }

    /// <summary>How many tokens the model sees at most.</summary>
    public int BlockSize { get; }

    /// <summary>Attention heads in each layer.</summary>
    public int NHead { get; }

    /// <summary>How many numbers of a token one head sees: nEmbd / nHead.</summary>
    public int HeadDim => NEmbd / NHead;

    /// <summary>All the numbers that training adjusts: 2·vocab·nEmbd + block·nEmbd + nLayer·12·nEmbd².</summary>
    public int ParameterCount { get; }
}
