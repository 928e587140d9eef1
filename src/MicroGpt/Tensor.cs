namespace MicroGpt;

/// <summary>A named matrix of a model, [Rows, Columns], stored row by row.</summary>
public sealed class Tensor
{
    readonly double[] buffer;

    internal Tensor(string name, int rows, int columns, double[] buffer, int offset) =>
        (Name, Rows, Columns, this.buffer, Offset) = (name, rows, columns, buffer, offset);

    /// <summary>Its name in the reference's state_dict, such as <c>layer0.attn_wq</c>.</summary>
    public string Name { get; }

    /// <summary>Outputs; for an embedding, its entries.</summary>
    public int Rows { get; }

    /// <summary>Inputs; for an embedding, its width.</summary>
    public int Columns { get; }

    /// <summary>The index of its first number in <see cref="Parameters.Values"/>.</summary>
    public int Offset { get; }

    /// <summary>The number of elements.</summary>
    public int Length => Rows * Columns;

    /// <summary>Its numbers, row by row: the model's own, not a copy.</summary>
    public Span<double> Values => buffer.AsSpan(Offset, Length);

    /// <summary>One row, such as a token's embedding in <c>wte</c>.</summary>
    public Span<double> this[int row] => Values.Slice(row * Columns, Columns);
}
