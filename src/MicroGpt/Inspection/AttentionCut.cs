namespace MicroGpt;

/// <summary>Attention weights to be set to 0. Null means every layer, head or position.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Head">The head.</param>
/// <param name="Query">The position that looks.</param>
/// <param name="Key">The position that is looked at.</param>
public readonly record struct AttentionCut(int? Layer = null, int? Head = null, int? Query = null, int? Key = null)
{
    internal bool Includes(int layer, int head, int query, int key) =>
        (Layer ?? layer) == layer && (Head ?? head) == head && (Query ?? query) == query && (Key ?? key) == key;
}
