namespace MicroGpt;

/// <summary>One matrix of a model, [Rows, Columns]: its name and its numbers, row after row.</summary>
public sealed class Tensor
{
    readonly double[] buffer;

    internal Tensor(string name, int rows, int columns, double[] buffer, int offset) =>
        (Name, Rows, Columns, this.buffer, Offset) = (name, rows, columns, buffer, offset);

    /// <summary>Its name in the reference's state_dict, as <c>layer0.attn_wq</c>.</summary>
    public string Name { get; }

    /// <summary>Outputs; of an embedding, its entries.</summary>
    public int Rows { get; }

    /// <summary>Inputs; of an embedding, its width.</summary>
    public int Columns { get; }

    /// <summary>Where its numbers begin in <see cref="Parameters.Values"/>.</summary>
    public int Offset { get; }

    /// <summary>How many numbers it holds.</summary>
    public int Length => Rows * Columns;

    /// <summary>Its numbers, row after row: the model's own, not a copy.</summary>
    public Span<double> Values => buffer.AsSpan(Offset, Length);

    /// <summary>One row, such as a token's embedding in <c>wte</c>.</summary>
    public Span<double> this[int row] => Values.Slice(row * Columns, Columns);
}
