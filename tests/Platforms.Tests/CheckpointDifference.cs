// Compares the parameters of two checkpoints, number by number: dotnet run --file CheckpointDifference.cs -- A B
// Exit code 1: two numbers differ, by whichever bit, and which.
#:project ../../src/MicroGpt/MicroGpt.csproj
#:property PublishAot=false

using MicroGpt;

var (a, b) = (Gpt.Load(args[0]).Parameters, Gpt.Load(args[1]).Parameters);
if (a.Config != b.Config)
{
    Console.WriteLine($"{a.Config} against {b.Config}");
    return 1;
}
foreach (var tensor in a.Tensors)
{
    for (var i = 0; i < tensor.Length; i++)
    {
        var (x, y) = (a.Values[tensor.Offset + i], b.Values[tensor.Offset + i]);
        if (BitConverter.DoubleToInt64Bits(x) != BitConverter.DoubleToInt64Bits(y))
        {
            var (row, column) = Math.DivRem(i, tensor.Columns);
            Console.WriteLine($"{tensor.Name} [{row}, {column}]: {x:R} against {y:R}");
            return 1;
        }
    }
}
Console.WriteLine($"{a.Values.Length} parameters, the same bits");
return 0;
