// Compares the parameters of two checkpoints, number by number: dotnet run --file CheckpointDifference.cs -- A B [BOUND]
// Prints the largest difference. Exit code 1: two numbers differ by more than the bound (0, by any bit), and which.
#:project ../../src/MicroGpt/MicroGpt.csproj
#:property PublishAot=false

using System.Globalization;
using MicroGpt;

var (a, b) = (Gpt.Load(args[0]).Parameters, Gpt.Load(args[1]).Parameters);
var bound = args.Length > 2 ? double.Parse(args[2], CultureInfo.InvariantCulture) : 0;
if (a.Config != b.Config)
{
    Console.WriteLine($"{a.Config} against {b.Config}");
    return 1;
}
var (largest, where) = (0.0, "");
foreach (var tensor in a.Tensors)
{
    for (var i = 0; i < tensor.Length; i++)
    {
        var (x, y) = (a.Values[tensor.Offset + i], b.Values[tensor.Offset + i]);
        var (row, column) = Math.DivRem(i, tensor.Columns);
        var difference = Math.Abs(x - y);
        if (difference > bound || bound == 0 && BitConverter.DoubleToInt64Bits(x) != BitConverter.DoubleToInt64Bits(y))
        {
            Console.WriteLine($"{tensor.Name} [{row}, {column}]: {x:R} against {y:R}");
            return 1;
        }
        if (difference > largest)
        {
            (largest, where) = (difference, $" at {tensor.Name} [{row}, {column}]");
        }
    }
}
Console.WriteLine($"{a.Values.Length} parameters, largest difference {largest:G2}{where}");
return 0;
