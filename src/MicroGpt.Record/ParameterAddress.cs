namespace MicroGpt.Record;

/// <summary>Where a parameter is.</summary>
/// <param name="Parameter">Its index among all parameters.</param>
/// <param name="Tensor">Its matrix, such as <c>layer0.attn_wq</c>.</param>
/// <param name="Row">Its row: in wte and lm_head a token, in wpe a position.</param>
/// <param name="Column">Its column.</param>
public readonly record struct ParameterAddress(int Parameter, string Tensor, int Row, int Column)
{
    /// <summary>As microgpt.cs would write it: <c>wte[5][9]</c>.</summary>
    public override string ToString() => $"{Tensor}[{Row}][{Column}]";

    // Whether it belongs to a token or a position, which not every document has.
    internal bool IsRow => Tensor is "wte" or "wpe";

    // Tokens: of a document, as far as the model reads it; all but the last are inputs.
    internal bool IsUsedBy(ReadOnlySpan<int> tokens) => Tensor switch
    {
        "wte" => tokens[..^1].Contains(Row),
        "wpe" => Row < tokens.Length - 1,
        _ => true,
    };
}
