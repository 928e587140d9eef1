namespace MicroGpt;

/// <summary>One matrix [Rows, Columns] inside the flat buffer of <see cref="Parameters"/>, row after row.</summary>
/// <param name="Name">Its name in the reference's state_dict, as <c>layer0.attn_wq</c>.</param>
/// <param name="Rows">Outputs; of an embedding, its entries.</param>
/// <param name="Columns">Inputs; of an embedding, its width.</param>
/// <param name="Offset">Where in the buffer its first number is.</param>
public sealed record Tensor(string Name, int Rows, int Columns, int Offset)
{
    /// <summary>How many numbers it holds.</summary>
    public int Length => Rows * Columns;
}
