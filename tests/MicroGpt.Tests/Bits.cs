namespace MicroGpt.Tests;

/// <summary>Numbers compared by their bits, and shown by them.</summary>
static class Bits
{
    public static bool Same(double a, double b) => BitConverter.DoubleToInt64Bits(a) == BitConverter.DoubleToInt64Bits(b);

    public static string Hex(double a) => $"{BitConverter.DoubleToInt64Bits(a):x16} ({a:R})";

    public static void Equal(double expected, double actual, string what)
    {
        if (!Same(expected, actual))
        {
            Assert.Fail($"{what}: expected {Hex(expected)}, was {Hex(actual)}");
        }
    }

    /// <summary>Compares what belongs to parameters, number by number, naming the first that differs.</summary>
    public static void Equal(
        Parameters parameters, ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, string what)
    {
        foreach (var tensor in parameters.Tensors)
        {
            for (var i = 0; i < tensor.Length; i++)
            {
                var (a, b) = (expected[tensor.Offset + i], actual[tensor.Offset + i]);
                if (!Same(a, b))
                {
                    var (row, column) = Math.DivRem(i, tensor.Columns);
                    Assert.Fail($"{what} {tensor.Name} row {row}, column {column}: expected {Hex(a)}, was {Hex(b)}");
                }
            }
        }
    }
}
