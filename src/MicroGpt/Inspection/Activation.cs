namespace MicroGpt;

/// <summary>What a model computes at each position of a text, in this order.</summary>
/// <remarks>
/// All but <see cref="Embedding"/>, <see cref="Logit"/> and <see cref="Probability"/> exist once in each layer. With one
/// layer, x is <see cref="Input"/>, then <see cref="Middle"/>, then <see cref="Output"/>.
/// </remarks>
public enum Activation
{
    /// <summary>[nEmbd]: the token's row of wte plus the position's row of wpe.</summary>
    Embedding,

    /// <summary>[nEmbd]: x as it enters the layer; for the first layer, the embedding after RMSNorm.</summary>
    Input,

    /// <summary>[nEmbd]: <see cref="Input"/> after RMSNorm.</summary>
    AttentionNorm,

    /// <summary>[nEmbd]: attn_wq · <see cref="AttentionNorm"/>; each head has its slice of headDim numbers.</summary>
    Query,

    /// <summary>[nEmbd]: attn_wk · <see cref="AttentionNorm"/>.</summary>
    Key,

    /// <summary>[nEmbd]: attn_wv · <see cref="AttentionNorm"/>.</summary>
    Value,

    /// <summary>
    /// [nHead, position + 1]: the query times the key of each position up to this one; not yet divided by √headDim.
    /// </summary>
    Score,

    /// <summary>
    /// [nHead, position + 1]: the softmax of <see cref="Score"/> / √headDim, which adds up to 1 in each head unless
    /// attention is cut.
    /// </summary>
    Weight,

    /// <summary>[nEmbd]: the weighted sums of the values, head after head.</summary>
    Heads,

    /// <summary>[nEmbd]: attn_wo · <see cref="Heads"/>, what attention adds to x.</summary>
    AttentionOutput,

    /// <summary>[nEmbd]: x after attention: <see cref="AttentionOutput"/> + <see cref="Input"/>.</summary>
    Middle,

    /// <summary>[nEmbd]: <see cref="Middle"/> after RMSNorm.</summary>
    MlpNorm,

    /// <summary>[4 · nEmbd]: mlp_fc1 · <see cref="MlpNorm"/>.</summary>
    Hidden,

    /// <summary>[4 · nEmbd]: <see cref="Hidden"/> where it is above 0, else 0.</summary>
    Relu,

    /// <summary>[nEmbd]: mlp_fc2 · <see cref="Relu"/>, what the MLP adds to x.</summary>
    MlpOutput,

    /// <summary>[nEmbd]: x after the layer: <see cref="MlpOutput"/> + <see cref="Middle"/>.</summary>
    Output,

    /// <summary>[vocabSize]: lm_head · the last layer's <see cref="Output"/>.</summary>
    Logit,

    /// <summary>[vocabSize]: the softmax of <see cref="Logit"/>: how likely each token is to come next.</summary>
    Probability,
}
