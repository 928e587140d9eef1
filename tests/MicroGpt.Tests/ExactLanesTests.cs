using System.Reflection;
using System.Runtime.Intrinsics;

namespace MicroGpt.Tests;

/// <summary>What .NET's interpreter, in a browser, needs of code for two lanes.</summary>
public class ExactLanesTests
{
    const BindingFlags All = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic
        | BindingFlags.DeclaredOnly;

    /// <summary>
    /// It gives each parameter a place of 8 bytes, and a vector two. At an odd place, a method may read its first lane
    /// where the caller wrote the second, or its second where the caller wrote the first.
    /// </summary>
    [Fact]
    public void Vectors_are_at_even_places()
    {
        var vectors = 0;
        foreach (var method in typeof(Gpt).Assembly.GetTypes().SelectMany(MethodsOf))
        {
            int? place = method.IsStatic ? 0 : 1; // null: after a struct, whose places nobody counts
            foreach (var parameter in method.GetParameters())
            {
                var type = parameter.ParameterType;
                if (IsVector(type))
                {
                    Assert.True(place % 2 == 0, $"{method.DeclaringType}, {method}: {parameter.Name} is at {place}");
                    vectors++;
                    place += 2;
                }
                else
                {
                    place += type.IsPrimitive || type.IsPointer || type.IsByRef || type.IsClass ? 1 : null;
                }
            }
        }
        Assert.InRange(vectors, 50, 500);
    }

    static IEnumerable<MethodBase> MethodsOf(Type type) => [.. type.GetMethods(All), .. type.GetConstructors(All)];

    static bool IsVector(Type type) => type == typeof(ExactLanes2) || Is(type, typeof(Vector128<>))
        || type.IsGenericParameter && type.GetGenericParameterConstraints().Any(each => Is(each, typeof(IExactLanes<>)));

    static bool Is(Type type, Type generic) => type.IsGenericType && type.GetGenericTypeDefinition() == generic;
}
