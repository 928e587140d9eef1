// Compares a run of the command with the same by Python: dotnet run --file GoldenDifference.cs -- RUN.json LOG MODEL
// Exit code 1: a loss differs, by whichever bit, or the parameters at the end, and which.
#:project ../../src/MicroGpt/MicroGpt.csproj
#:property PublishAot=false

using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using MicroGpt;

using var run = JsonDocument.Parse(File.ReadAllText(args[0]));
var expected = run.RootElement.GetProperty("losses_hex").EnumerateArray().Select(hex => hex.GetString()!).ToArray();
var losses = File.ReadLines(args[1]).Select(Loss).ToArray();
if (losses.Length != expected.Length)
{
    Console.WriteLine($"{losses.Length} losses, not {expected.Length}");
    return 1;
}
foreach (var (step, loss) in losses.Index())
{
    if (Hex(loss) != expected[step])
    {
        Console.WriteLine($"step {step + 1}: loss {Hex(loss)}, Python's is {expected[step]}");
        return 1;
    }
}
var parameters = MemoryMarshal.AsBytes(Gpt.Load(args[2]).Parameters.Values.AsSpan());
var hash = run.RootElement.GetProperty("final_params_sha256").GetString();
if (Convert.ToHexStringLower(SHA256.HashData(parameters)) != hash)
{
    Console.WriteLine("the losses are Python's, but not the parameters at the end");
    return 1;
}
Console.WriteLine($"{losses.Length} losses and {parameters.Length / sizeof(double)} parameters, every bit as Python's");
return 0;

static double Loss(string line)
{
    using var step = JsonDocument.Parse(line);
    return step.RootElement.GetProperty("loss").GetDouble();
}

// As Python's float.hex; a loss is far from 0 and from infinity.
static string Hex(double x)
{
    var bits = BitConverter.DoubleToInt64Bits(x);
    return $"0x1.{bits & (1L << 52) - 1:x13}p{(bits >> 52) - 1023:+0;-0}";
}
