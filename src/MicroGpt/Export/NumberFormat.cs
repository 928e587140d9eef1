namespace MicroGpt;

/// <summary>A way to store numbers in an exported file: how to write them, and source that reads them.</summary>
abstract class NumberFormat
{
    /// <summary>What the file says of its numbers.</summary>
    public abstract string Description { get; }

    /// <summary>A C# method, indented, that turns the bytes into numbers.</summary>
    public abstract string CSharp { get; }

    /// <summary>A JavaScript function that turns the bytes, in base64, into numbers.</summary>
    public abstract string JavaScript { get; }

    /// <summary>The number of bytes for a number of numbers.</summary>
    public abstract long SizeOf(int count);

    /// <summary>Rounds the values to the nearest that the format has.</summary>
    /// <returns>The bytes, little-endian.</returns>
    /// <exception cref="InvalidOperationException">A value is too large for the format, or is not finite.</exception>
    public abstract byte[] Pack(double[] values);

    /// <summary>A format for these values.</summary>
    public static NumberFormat For(ExportNumbers numbers, double[] values) => numbers switch
    {
        ExportNumbers.Int8 => new Int8Format(values),
        ExportNumbers.Float16 => new Float16Format(),
        ExportNumbers.Float32 => new Float32Format(),
        _ => throw new ArgumentOutOfRangeException(nameof(numbers), numbers, "there are no such numbers"),
    };

    /// <summary>Refuses a value that the format turned into infinity.</summary>
    protected static double Finite(double rounded, double value, string format) => double.IsFinite(rounded)
        ? rounded
        : throw new InvalidOperationException($"the parameter {value} is too large for {format}");
}
