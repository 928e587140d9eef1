using System.Globalization;
using MicroGpt.Record;

namespace MicroGpt.Explorer.Frame;

/// <summary>A cell of a plate of the Map, counted from its left upper corner.</summary>
public readonly record struct Cell(int Plate, int X, int Y);

/// <summary>How the matrices lie on the Map: each nEmbd cells wide, so a column is a lane almost everywhere.</summary>
public static class MapLayout
{
    /// <summary>Whether a plate shows its matrix on its side: mlp_fc2 is [16, 64], so its rows become columns.</summary>
    public static bool IsTurned(Tensor tensor) => tensor.Columns > tensor.Rows;

    /// <summary>Cells from left to right.</summary>
    public static int Width(Tensor tensor) => IsTurned(tensor) ? tensor.Rows : tensor.Columns;

    /// <summary>Cells from top to bottom.</summary>
    public static int Height(Tensor tensor) => IsTurned(tensor) ? tensor.Columns : tensor.Rows;

    /// <summary>The index of a cell's parameter.</summary>
    public static int Parameter(Tensor tensor, int x, int y) =>
        tensor.Offset + (IsTurned(tensor) ? x * tensor.Columns + y : y * tensor.Columns + x);

    /// <summary>The cell of a parameter.</summary>
    public static Cell CellOf(Run run, int parameter)
    {
        var address = run.AddressOf(parameter);
        for (var plate = 0; plate < run.Tensors.Count; plate++)
        {
            if (run.Tensors[plate].Name == address.Tensor)
            {
                return IsTurned(run.Tensors[plate])
                    ? new(plate, address.Row, address.Column) : new(plate, address.Column, address.Row);
            }
        }
        throw new ArgumentOutOfRangeException(nameof(parameter), parameter, "there is no such parameter");
    }

    /// <summary>The key of a cell's parameter, as in the address of the page.</summary>
    public static string Key(Run run, Cell cell) =>
        Words.Key(run, run.AddressOf(Parameter(run.Tensors[cell.Plate], cell.X, cell.Y)));

    /// <summary>What explorer.js calls a number: its key, or plate.3.15.26 for a cell.</summary>
    public static string? Number(Run run, string number)
    {
        if (!number.StartsWith("plate.", StringComparison.Ordinal))
        {
            return number.Length > 0 ? number : null;
        }
        var parts = Array.ConvertAll(number[6..].Split('.'), part => int.Parse(part, CultureInfo.InvariantCulture));
        return parts[0] < run.Tensors.Count ? Key(run, new(parts[0], parts[1], parts[2])) : null;
    }
}
